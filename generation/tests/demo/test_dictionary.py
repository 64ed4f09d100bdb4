"""The dictionary that translates prompts in the demo: words of similar stems are kept apart."""

from __future__ import annotations

import pytest

from generation.demo.emulator.dictionary import translated

pytestmark = pytest.mark.release("generation/demo/")

ALIKE = {
    "дерево tree|дерева tree|деревья trees|деревьев trees|деревянный wooden|деревня village|"
    "деревне village|деревни village|деревень villages|деревушка small village",
    "гора mountain|горы mountains|горный mountain|город city|города city|городок town|"
    "городке town|городской city|горящий|гордый",
    "лес forest|леса forest|лесной forest|лестница stairs|лесть",
    "сад garden|саду garden|садовый garden|садится",
    "кот cat|кота cat|котик cat|котёнок kitten|который|котёл",
    "кит whale|китай",
    "лиса fox|лисица fox|лист leaf|листья leaves|листва foliage",
    "река river|реки river|реклама",
    "поле field|поля fields|пол floor|полёт|полная|половина",
    "лето summer|лета summer|летний summer|лет years|летит flies|летящий flying",
    "слой layers|слои layers|слон elephant|слово",
    "стол table|столе table|столица capital|столб",
    "голубой light blue|голубое light blue|голубь pigeon|голуби pigeons",
    "фон background|фонтан fountain|фонарь lantern",
    "вид view|видео",
    "белый white|белая white|белка squirrel",
    "синий blue|синее blue|синица",
    "серый gray|серая gray|сердце heart|серебряный silver|серия",
    "роза rose|розы rose|розовый pink|розетка",
    "рыба fish|рыбак fisherman|рыбаки fishermen|рыбацкая fishing",
    "чай tea|чайка gulls|чайный tea",
    "море sea|моря sea|морем sea|морской sea",
    "порт port|порту port|портовый port|портрет portrait|портрета portrait",
    "арка arch|арктика the Arctic",
    "план shot|планета planet|планшет",
    "мост bridge|мосту bridge|мостовая",
    "небо sky|небе sky|небом sky|небоскрёб skyscraper",
    "большой big|большая big|больше more",
    "снег snow|снежный snowy|снегопад snowfall|заснеженная snowy",
}


@pytest.mark.parametrize("line", sorted(ALIKE))
def test_it_keeps_words_of_similar_stems_apart(line: str) -> None:
    """A word without a translation stays as it is."""
    pairs = [pair.partition(" ") for pair in line.split("|")]
    assert {word: translated(word) for word, _, _ in pairs} == {
        word: english or word for word, _, english in pairs
    }


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
