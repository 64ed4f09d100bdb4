"""The subjects that a visitor of the demo asks for first: named in both languages, and combined."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from generation.demo.painter import paint, vocabulary, words
from generation.demo.painter.motifs import MOTIFS
from generation.demo.painter.motifs.stage import PLACES
from generation.demo.painter.nearest import NEAREST
from generation.demo.painter.painting import choose_motif

SUBJECTS = {
    "town": "town|городок|городке|в старом городке",
    "harbor": "harbor|harbour|гавань|гавани|в гавани",
    "street": "street|streets|улица|улице|улочки",
    "castle": "castle|castles|замок|замка|замке|замки",
    "dragon": "dragon|dragons|дракон|дракона|драконы|драконом",
    "horse": "horse|horses|лошадь|лошади|лошадью|конь|коня",
    "dog": "dog|dogs|puppy|собака|собаки|собакой|пёс|щенок",
    "bird": "bird|birds|птица|птицы|птичка|птицу",
    "fox": "fox|foxes|лиса|лисы|лисёнок|лисица|лису",
    "ship": "ship|ships|корабль|корабля|корабли|кораблём",
    "robot": "robot|robots|робот|робота|роботы|роботом",
    "portrait": "portrait|portraits|портрет|портрета|портреты",
    "car": "car|cars|машина|машины|машину|автомобиль|автомобили",
    "train": "train|trains|поезд|поезда|поездом|паровоз",
    "bridge": "bridge|bridges|мост|моста|мосту|мосты",
    "garden": "garden|gardens|сад|сада|саду|сады",
    "snow_village": "snow village|a village in the snow|снежная деревня|деревня в снегу|зимняя деревня",
}


def pixels(prompt: str, *, seed: int = 1, side: int = 96) -> np.ndarray:
    image = paint(prompt=prompt, width=side, height=side, seed=seed)
    return np.asarray(image, dtype=np.int16)


@pytest.mark.parametrize("motif", sorted(SUBJECTS))
def test_it_knows_each_subject_in_both_languages_and_their_inflections(motif: str) -> None:
    assert {text: words.read(text).motif for text in SUBJECTS[motif].split("|")} == dict.fromkeys(
        SUBJECTS[motif].split("|"), motif
    )


def test_it_paints_a_different_image_for_each_subject() -> None:
    images = {motif: pixels(names.split("|")[0] + ", day") for motif, names in SUBJECTS.items()}
    for (_, first), (_, second) in itertools.combinations(images.items(), 2):
        assert np.abs(first - second).mean() > 4


@pytest.mark.parametrize("motif", sorted(SUBJECTS))
def test_it_shows_the_subject_and_not_only_the_place(motif: str) -> None:
    """The same place without the subject differs in a part of the image, and there clearly."""
    name = SUBJECTS[motif].split("|")[0]
    place = "mountains, day"
    with_subject, without = pixels(f"{name}, {place}", seed=3), pixels(place, seed=3)
    changed = np.abs(with_subject - without).max(axis=2) > 40
    assert changed.mean() > 0.03


@pytest.mark.parametrize("motif", sorted(SUBJECTS))
def test_it_paints_the_same_pixels_for_the_same_seed(motif: str) -> None:
    name = SUBJECTS[motif].split("|")[0]
    assert np.array_equal(pixels(name, seed=8, side=64), pixels(name, seed=8, side=64))


@pytest.mark.parametrize(
    ("prompt", "motif", "place"),
    [
        ("a fox in a snow village at night", "fox", "snow_village"),
        ("лиса в снежной деревне ночью", "fox", "snow_village"),
        ("замок у гавани", "castle", "harbor"),
        ("a dragon over a castle", "dragon", "castle"),
        ("робот в космосе", "robot", "space"),
        ("собака на улице", "dog", "street"),
        ("a girl in the garden", "portrait", "garden"),
        ("корабль в гавани", "ship", "harbor"),
    ],
)
def test_it_puts_the_subject_into_the_place(prompt: str, motif: str, place: str) -> None:
    scene = words.read(prompt)
    assert (scene.motif, scene.place) == (motif, place)


def test_it_paints_another_place_behind_the_same_subject() -> None:
    plain, village = (
        pixels("a fox at night", seed=2),
        pixels("a fox in a snow village at night", seed=2),
    )
    assert np.abs(plain - village).mean() > 8


@pytest.mark.parametrize(
    ("prompt", "motif"),
    [
        ("a wolf in the forest", "fox"),
        ("медведь", "dog"),
        ("единорог", "horse"),
        ("a tiger", "cat"),
        ("сова на ветке", "bird"),
        ("динозавр", "dragon"),
        ("велосипед", "car"),
        ("трамвай", "train"),
        ("космонавт", "robot"),
        ("a knight", "portrait"),
        ("собор", "castle"),
        ("река", "bridge"),
        ("борщ", "still_life"),
        ("pizza", "still_life"),
        ("вулкан", "mountains"),
        ("Christmas", "snow_village"),
        ("a whale", "jellyfish"),
        ("логотип", "geometry"),
        ("a bouquet of tulips in a glass vase", "still_life"),
        ("a girl with glasses", "portrait"),
        ("стакан воды", "still_life"),
        ("a wristwatch on a marble table", "still_life"),
        ("пельмени со сметаной", "still_life"),
        ("самовар и баранки", "still_life"),
        ("шашлык на даче", "cabin"),
        ("a Christmas tree with presents", "snow_village"),
        ("новогодняя ёлка на площади", "snow_village"),
        ("подводная лодка", "ship"),
        ("стиральная машина", "robot"),
        ("a football match", "field"),
        ("качели во дворе", "garden"),
        ("салют", "city"),
        ("a red kite over the sea", "balloon"),
        ("воздушный змей", "balloon"),
    ],
)
def test_it_paints_the_nearest_subject_for_a_word_without_one(prompt: str, motif: str) -> None:
    assert words.read(prompt).motif == motif


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("бабушка вяжет носки", {"woman", "old"}),
        ("дед ловит рыбу", {"man", "old"}),
        ("невеста с букетом", {"woman"}),
        ("балерина на сцене", {"woman"}),
        ("учительница у доски", {"woman"}),
        ("a father and a kite", {"man"}),
        ("девочка с шариком", {"woman"}),
    ],
)
def test_it_paints_people_as_they_are_named(prompt: str, things: set[str]) -> None:
    scene = words.read(prompt)
    assert scene.motif == "portrait"
    assert scene.things & {"man", "woman", "old"} == things


@pytest.mark.parametrize(
    ("prompt", "motif"), [("casltle", "castle"), ("драгон", "dragon"), ("portait", "portrait")]
)
def test_it_recognizes_a_misspelled_subject(prompt: str, motif: str) -> None:
    assert words.read(prompt).motif == motif


@pytest.mark.parametrize("prompt", ["нечто неописуемое", "quantum blockchain", "?!", "xyzzy 42"])
def test_it_paints_a_landscape_and_never_a_soap_bubble_for_unknown_words(prompt: str) -> None:
    scene = words.read(prompt)
    chosen = {choose_motif(scene, seed=seed, prompt=prompt) for seed in range(80)}
    assert chosen <= {*PLACES, "tree", "field"}
    assert "glass" not in chosen


def test_it_mistakes_no_everyday_word_for_a_subject() -> None:
    for prompt in ("листва", "карета будущего дня", "carpet", "сосед", "training", "поездка"):
        assert words.read(prompt).motif not in {"fox", "car", "garden"}


def test_every_nearest_motif_can_be_painted() -> None:
    assert set(NEAREST) <= set(MOTIFS)
    assert set(vocabulary.PLACES) == set(PLACES) - {"meadow"}


@pytest.mark.parametrize("size", [(64, 160), (200, 48), (16, 16), (33, 97)])
@pytest.mark.parametrize("motif", sorted(SUBJECTS))
def test_it_paints_each_subject_at_any_ratio(motif: str, size: tuple[int, int]) -> None:
    image = paint(prompt=SUBJECTS[motif].split("|")[0], width=size[0], height=size[1], seed=4)
    assert image.size == size
    assert np.asarray(image).std() > 3


def test_it_keeps_the_negative_prompt_out_of_a_combined_scene() -> None:
    scene = words.read("a fox in a castle", negative_prompt="castle")
    assert (scene.motif, scene.place) == ("fox", None)


@pytest.mark.parametrize(
    ("prompt", "motif"),
    [
        ("A harbor with fishing boats at sunrise", "harbor"),
        ("Гавань с рыбацкими лодками на рассвете", "harbor"),
        ("в гавани на восходе солнца рыбаки чинят сети", "harbor"),
        ("рыбалка на озере", "lake"),
        ("красный воздушный шар", "balloon"),
        ("воздушные шары над долиной", "balloon"),
        ("a red hot-air balloon", "balloon"),
        ("девочка с воздушным шариком", "portrait"),
        ("голубое небо над озером", "lake"),
        ("густой лес утром", "forest"),
        ("пастельный закат над озером", "lake"),
        ("oil painting of a lake", "lake"),
        ("магазин на углу улицы", "street"),
        ("узкая улочка старого города", "street"),
        ("винтажный город", "city"),
        ("metropolis at night", "city"),
        ("a bush by the river", "garden"),
        ("heron at the lake", "bird"),
        ("ежевика в саду", "garden"),
        ("полёт над облаками", "mountains"),
        ("арктика", "aurora"),
        ("the first day in a town", "town"),
        ("season of rain in the forest", "forest"),
        ("pineapple on a table", "still_life"),
    ],
)
def test_it_is_not_misled_by_words_that_begin_like_others(prompt: str, motif: str) -> None:
    assert words.read(prompt).motif == motif


def test_it_paints_the_balloon_in_the_named_color() -> None:
    red, blue = pixels("a red hot-air balloon, day"), pixels("a blue hot-air balloon, day")
    assert (red[..., 0] - red[..., 2]).max() > 80
    assert (blue[..., 0] - blue[..., 2]).min() < -60


def test_it_paints_hair_in_the_named_color() -> None:
    red = pixels("portrait of a woman with red hair", seed=5)
    black = pixels("portrait of a woman with black hair", seed=5)
    assert np.abs(red - black).max(axis=2).max() > 60
