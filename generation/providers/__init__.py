"""RunPod's HTTP API: requests, replies, and the images that its workers make.

Imports neither Django nor the rest of ArtGen. Parameters go in, frozen dataclasses come out. The
vendor's terms are translated by tables here and used nowhere else.
"""
