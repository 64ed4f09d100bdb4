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
    fonts = _font(LATIN, size), _font(CYRILLIC, size)
    runs = [(run, fonts[number % 2]) for number, run in enumerate(RUNS.split(text))]
    margin, width = size // 2, math.ceil(sum(font.getlength(run) for run, font in runs))
    band = Image.new("RGBA", (width + 2 * margin, size + 2 * margin), BAND)
    pen, left = ImageDraw.Draw(band), float(margin)
    for run, font in runs:
        pen.text((left, margin + size * 0.85), run, font=font, fill="white", anchor="ls")
        left += font.getlength(run)
    band.thumbnail(image.size)
    box = (image.width - band.width, image.height - band.height, image.width, image.height)
    below = image.crop(box).convert("RGBA")
    below.alpha_composite(band)
    image.paste(below.convert(image.mode), box)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(next(FONTS.glob(name)), size)
