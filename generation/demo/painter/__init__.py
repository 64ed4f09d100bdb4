"""The demo painter: composes images of painted parts by the words of a prompt, with Pillow."""

from .encoding import encode
from .painting import paint
from .request import PaintRequest
