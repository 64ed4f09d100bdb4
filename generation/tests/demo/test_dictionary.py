"""The dictionary that translates prompts in the demo: words of similar stems are kept apart."""

from __future__ import annotations

import pytest

from generation.demo.emulator.dictionary import translated

pytestmark = pytest.mark.release("generation/demo/")


@pytest.mark.parametrize(
    ("prompt", "english"),
    [
        ("Лиса в заснеженной деревне ночью", "Fox in snowy village at night"),
        ("Гавань с рыбацкими лодками на рассвете", "Harbor with fishing boat at dawn"),
        ("красный воздушный шар над полем", "red hot-air balloon above field"),
        ("Дракон над замком, закат", "Dragon above castle, sunset"),
        ("Тихое горное озеро на рассвете", "Quiet mountain lake at dawn"),
        ("ПОЕЗД на мосту", "Train on bridge"),
        ("ёлка, 4k, bokeh", "fir, 4k, bokeh"),
    ],
)
def test_it_translates_the_subjects_of_the_demo(prompt: str, english: str) -> None:
    assert translated(prompt) == english
