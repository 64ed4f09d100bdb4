"""Text on images: wrapped, cut, and in a font that has its signs."""

from unittest import TestCase

import pytest
from PIL import Image, ImageDraw

from generation.sheets.fonts import CYRILLIC, FONTS, LATIN, Fonts, has_sign
from generation.sheets.lettering import Lettering, readable

TEXTS = ("红色的风筝", "赤い凧", "빨간 연", "🦊 ★ →", "लाल पतंग", "עפיפון", "κύμα ½")
NONCHARACTER = "\U0010ffff"


def picture(letters: Lettering, line: str) -> bytes:
    """Return the pixels of a line."""
    image = Image.new("L", (60, 40))
    letters.draw(ImageDraw.Draw(image), (4, 4), [line], fill="#fff")
    return image.tobytes()


class TestLettering(TestCase):
    def test_it_has_signs_of_both_alphabets(self) -> None:
        letters = Lettering(size=20)
        for text in ("Kite", "Змей", "№ 7 — “ёж”"):
            assert letters.width(text) > 20

    def test_it_wraps_and_cuts(self) -> None:
        letters = Lettering(size=20)
        lines = letters.lines("красный змей over the sea " * 50, width=200, most=3)
        assert len(lines) == 3
        assert lines[-1].endswith("…")
        assert all(letters.width(line) <= 200 for line in lines)
        (cut,) = letters.lines("x" * 5000, width=200, most=1)
        assert cut.endswith("…")
        assert letters.width(cut) <= 200
        assert letters.lines("", width=200, most=3) == []

    def test_it_never_widens(self) -> None:
        assert Lettering(size=20).width("aЖ") == pytest.approx(
            Lettering(size=20).width("a") + Lettering(size=20).width("Ж")
        )

    @pytest.mark.fonts
    def test_it_breaks_lines_without_spaces(self) -> None:
        letters = Lettering(size=20)
        text = "红色的风筝在海上，天空晴朗。"
        first, second = letters.lines(text, width=round(letters.width(text[:8])), most=3)
        assert (first, second) == ("红色的风筝在海", "上，天空晴朗。")


class TestFonts(TestCase):
    def test_the_interface_comes_first(self) -> None:
        assert FONTS.file_of("a") == LATIN
        assert FONTS.file_of("ж") == CYRILLIC
        assert not has_sign(LATIN, "红")

    @pytest.mark.fonts
    def test_an_installed_font_has_the_other_signs(self) -> None:
        letters = Lettering(size=20)
        missing = picture(letters, NONCHARACTER)
        for text in TEXTS:
            assert readable(text) == text
            assert missing not in [picture(letters, sign) for sign in text]

    def test_signs_that_no_font_has_are_readable(self) -> None:
        bare = Fonts()
        for text, shown in (
            ("红 змей", "U+7EA2 змей"),
            ("a 🦊!", "a [fox face] !"),
            ("👍🏽 ❤️", "[thumbs up sign] [heavy black heart]"),
            ("a\x07\ue000", "a U+E000"),
            ("नि", "U+0928"),
        ):
            assert readable(text, fonts=bare) == shown
        letters = Lettering(size=20, fonts=bare)
        (line,) = letters.lines("红", width=400, most=2)
        assert line == "U+7EA2"
        assert picture(letters, "红") == picture(letters, NONCHARACTER)  # what it replaces
        assert picture(letters, line) != picture(letters, NONCHARACTER)

    def test_many_signs_without_a_font_stay_within_the_lines(self) -> None:
        letters = Lettering(size=20, fonts=Fonts())
        lines = letters.lines("🦊红" * 300, width=200, most=3)
        assert len(lines) == 3
        assert all(letters.width(line) <= 200 for line in lines)
