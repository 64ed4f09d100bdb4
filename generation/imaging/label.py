"""A line of text drawn on an image, at the lower right."""

import math
import re
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from artgen.environment.env import BASE_DIR

FONTS = BASE_DIR / "artgen/static/artgen/fonts"
LATIN, CYRILLIC = (
    "onest-*-latin.woff2",
    "onest-*-cyrillic.woff2",
)  # each without the other's letters
RUNS = re.compile("([\u0400-\u04ff]+)")
SHARE = 40  # the letters are a part of the shorter side
SMALLEST = 12  # px
BAND = (0, 0, 0, 150)


def draw(image: Image.Image, text: str) -> None:
    """Draw the text on an image that is RGB or RGBA, smaller where it would be too wide."""
    size = max(SMALLEST, min(image.size) // SHARE)
    size = max(1, min(size, int(size * image.width / (_width(text, size) + size))))
    margin = size // 2
    band = Image.new("RGBA", (math.ceil(_width(text, size)) + 2 * margin, size + 2 * margin), BAND)
    pen, left = ImageDraw.Draw(band), float(margin)
    for run, font in _runs(text, size):
        pen.text((left, margin + size * 0.85), run, font=font, fill="white", anchor="ls")
        left += font.getlength(run)
    box = (image.width - band.width, image.height - band.height, image.width, image.height)
    below = image.crop(box).convert("RGBA")
    below.alpha_composite(band)
    image.paste(below.convert(image.mode), box)


def _width(text: str, size: int) -> float:
    return sum(font.getlength(run) for run, font in _runs(text, size))


def _runs(text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Return the parts of the text, each with the font that has its letters."""
    parts = enumerate(RUNS.split(text))
    return [(part, _font((LATIN, CYRILLIC)[number % 2], size)) for number, part in parts]


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(next(FONTS.glob(name)), size)
