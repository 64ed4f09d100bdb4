"""ArtGen's demo painter: pictures drawn from the words of a prompt by formulas, with numpy and Pillow alone."""

from .encoding import encode
from .painting import paint

__all__ = ["encode", "paint"]
