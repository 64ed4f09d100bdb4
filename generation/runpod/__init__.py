"""RunPod at the border: its HTTP API, its workers' words, its pictures, and an emulator of it.

This package knows neither Django nor the rest of ArtGen. Parameters go in, frozen dataclasses come out; every
word of the vendor is mapped by a table here and gets no further.
"""
