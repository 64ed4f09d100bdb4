"""Text on images, in the fonts of the interface and of the machine: wrapped, cut, measured.

A font file has the signs of some scripts only. So a line is drawn in runs, each with a file that
has its signs. A sign that no font has is written as its name or code point.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from generation.sheets.fonts import FONTS, LATIN, Fonts, has_sign

LINE = 1.35  # height of a line, in font sizes
MAX_MEASURED = 600  # signs of a text; more cannot be seen in a few lines
# Chinese and Japanese lines can be broken after each sign, but not before closing ones.
EAST_ASIAN = "\u2e80-\u2fff\u3003-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CLOSING = "、。〉》」』】〕！），．：；？｝"
PIECE = re.compile(rf" ?(?:[{EAST_ASIAN}][{CLOSING}]*|[^\s{EAST_ASIAN}]+)")
SKIN_TONES = "\U0001f3fb-\U0001f3ff"
NEUTRAL = {"Zs", "Mn", "Mc", "Me", "Nd", "Pc", "Pd", "Pe", "Pf", "Po", "Cf"}
UNSEEN = re.compile(rf"[\ufe00-\ufe0f{SKIN_TONES}]")  # they only change the sign before


class Lettering:
    """Text of one size in px and weight."""

    def __init__(self, *, size: int, weight: int = 400, fonts: Fonts = FONTS) -> None:
        self.size = size
        self.fonts = fonts
        self.line_height = round(size * LINE)
        self.weight = weight

    def width(self, text: str) -> float:
        return sum(font.getlength(run) for font, run in self._runs(text))

    def lines(self, text: str, *, width: int, most: int) -> list[str]:
        """Return the text in up to `most` lines of at most this width; what is left out is "…"."""
        shown = readable(text[:MAX_MEASURED], fonts=self.fonts)
        pieces = PIECE.findall(shown[:MAX_MEASURED])[::-1]
        lines: list[str] = []
        while pieces and len(lines) < most:
            line = self._cut(pieces.pop().lstrip(), width=width)
            while pieces and self.width(line + pieces[-1]) <= width:
                line += pieces.pop()
            lines.append(line)
        if lines and (pieces or max(len(text), len(shown)) > MAX_MEASURED):
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
        """Yield runs of one font file: a word and the spaces and marks that belong to it."""
        run, file = "", LATIN
        for sign in text:
            stays = _is_neutral(sign) and has_sign(file, sign)
            own = file if stays else self.fonts.file_of(sign) or LATIN
            if own != file and run:
                yield _font(file, self.size, self.weight), run
                run = ""
            run, file = run + sign, own
        if run:
            yield _font(file, self.size, self.weight), run


def readable(text: str, *, fonts: Fonts = FONTS) -> str:
    """Return the text with only signs that a font has.

    A symbol without a font becomes its name, such as "[melting face]", any other sign its code
    point, such as "U+7EA2". Marks without a font are left out.
    """
    parts: list[str] = []
    for sign in UNSEEN.sub("", text):
        category = unicodedata.category(sign)
        if sign.isspace():
            parts.append(" ")
        elif category != "Cc" and fonts.file_of(sign):
            parts.append(sign)
        elif category == "So" and (name := unicodedata.name(sign, "")):
            parts.append(f" [{name.lower()}] ")
        elif category[0] != "M" and category not in ("Cc", "Cf"):
            parts.append(f" U+{ord(sign):04X} ")
    return " ".join("".join(parts).split())


def _is_neutral(sign: str) -> bool:
    """Return whether the sign is used with all scripts: a space, mark, digit or closing sign."""
    return unicodedata.category(sign) in NEUTRAL


@lru_cache(maxsize=64)
def _font(file: Path, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(file, size)
    if file.suffix == ".woff2":
        font.set_variation_by_axes([weight])
    return font
