"""The HTTP APIs of providers: requests, replies, and the images that they make.

Imports neither Django nor the rest of ArtGen. Parameters go in, frozen dataclasses come out. The
vendor's terms are translated by tables here and used nowhere else.
"""
