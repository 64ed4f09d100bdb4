"""Text on images, in the fonts of the interface: wrapped, cut, measured.

The fonts are split as the pages load them: one file has Latin, the other Cyrillic. So a line is
drawn in runs, each with the file that has its signs.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

import artgen

FOLDER = Path(artgen.__file__).parent / "static" / "artgen" / "fonts"
LATIN, CYRILLIC = "onest-5.3.1-latin.woff2", "onest-5.3.1-cyrillic.woff2"
LINE = 1.35  # height of a line, in font sizes
MAX_MEASURED = 600  # signs of a text; more cannot be seen in a few lines


class Lettering:
    """Text of one size in px and weight."""

    def __init__(self, *, size: int, weight: int = 400) -> None:
        self.size = size
        self.line_height = round(size * LINE)
        self._latin = _font(LATIN, size, weight)
        self._cyrillic = _font(CYRILLIC, size, weight)

    def width(self, text: str) -> float:
        """Return the width of a line in px."""
        return sum(font.getlength(run) for font, run in self._runs(text))

    def lines(self, text: str, *, width: int, most: int) -> list[str]:
        """Return the text in up to `most` lines of at most this width; what is left out is "…"."""
        words = text[:MAX_MEASURED].split()
        lines: list[str] = []
        while words and len(lines) < most:
            line = self._cut(words.pop(0), width=width)
            while words and self.width(f"{line} {words[0]}") <= width:
                line = f"{line} {words.pop(0)}"
            lines.append(line)
        if lines and (words or len(text) > MAX_MEASURED):
            lines[-1] = self._cut(f"{lines[-1]} …", width=width)
        return lines

    def draw(
        self,
        canvas: ImageDraw.ImageDraw,
        at: tuple[float, float],
        lines: list[str],
        *,
        fill: str,
    ) -> None:
        """Draw the lines below each other, from this upper left corner in px."""
        x, y = at
        for line in lines:
            left = x
            for font, run in self._runs(line):
                canvas.text((left, y + self.size), run, font=font, fill=fill, anchor="ls")
                left += font.getlength(run)
            y += self.line_height

    def _cut(self, text: str, *, width: int) -> str:
        if self.width(text) <= width:
            return text
        low, high = 0, len(text)
        while low < high:  # the most signs that fit
            middle = (low + high + 1) // 2
            if self.width(f"{text[:middle]}…") <= width:
                low = middle
            else:
                high = middle - 1
        return f"{text[:low].rstrip(' …')}…"

    def _runs(self, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        for cyrillic, signs in groupby(text, key=_is_cyrillic):
            yield (self._cyrillic if cyrillic else self._latin), "".join(signs)


def _is_cyrillic(sign: str) -> bool:
    return "\u0400" <= sign <= "\u04ff" or sign == "№"


@lru_cache(maxsize=16)
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FOLDER / name, size)
    font.set_variation_by_axes([weight])
    return font
