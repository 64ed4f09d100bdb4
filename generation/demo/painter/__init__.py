"""The demo painter: computes images from the words of a prompt with numpy and Pillow."""

from .encoding import encode
from .painting import paint

__all__ = ["encode", "paint"]
