"""The demo's painter: what the words decide, what seed and model decide, what the file says."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from generation.demo import painter
from generation.demo.painter import PaintRequest, assets, encode, paint, words
from generation.demo.painter.composing import GROUNDS, SUBJECTS, WATER
from generation.demo.painter.finishes import FINISHES
from generation.demo.painter.nearest import NEAREST
from generation.demo.painter.painting import FREE, choose_motif
from generation.demo.painter.vocabulary import PLACES
from generation.imaging import metadata
from generation.testing.rows.image_files import png_of

pytestmark = pytest.mark.release("generation/demo/")

PAIRS = {
    "mountains": ("Горные хребты на рассвете", "Mountain ridges at dawn"),
    "sea": ("Луна над морем, парусник", "Moon over the sea, a sailing boat"),
    "aurora": ("Северное сияние над озером", "Northern lights over a lake"),
    "lighthouse": ("Маяк в сумерках, спокойное море", "A lighthouse at dusk, calm sea"),
    "forest": ("Берёзовый лес в тумане", "A birch forest in fog"),
    "lake": ("Горное озеро, отражение", "A mountain lake, reflection"),
    "dunes": ("Дюны в пустыне", "Dunes in the desert"),
    "field": ("Лавандовое поле", "A lavender field"),
    "tree": ("Одинокое дерево осенью", "A lone tree in autumn"),
    "cabin": ("Домик в горах зимой", "A cabin in the mountains, winter"),
    "cat": ("Кот на подоконнике, дождь", "A cat on the windowsill, rain"),
    "city": ("Ночной город, зонт и боке", "City at night, umbrella and bokeh"),
    "waterfall": ("Водопад в лесу", "A waterfall in the forest"),
    "jellyfish": ("Медуза в глубине", "A jellyfish in the deep"),
    "flower": ("Коралловый георгин", "A coral dahlia"),
    "still_life": ("Три керамические вазы", "Three ceramic vases"),
    "glass": ("Капля переливчатого стекла", "A drop of iridescent glass"),
    "paper": ("Слои бумаги", "Paper layers"),
    "architecture": ("Лестница и арки", "Stairs and arches"),
    "space": ("Планета с кольцами", "A planet with rings"),
    "flow": ("Абстракция, тонкие линии", "Abstract thin lines"),
    "liquid": ("Мрамор с золотом", "Marble with gold"),
    "geometry": ("Плакат баухаус", "A Bauhaus poster"),
    "balloon": ("Воздушный шар", "A hot-air balloon"),
    "town": ("Старый городок", "An old town"),
    "harbor": ("Гавань с лодками", "A harbor with boats"),
    "street": ("Узкая улица", "A narrow street"),
    "castle": ("Замок на скале", "A castle on a rock"),
    "dragon": ("Дракон над горами", "A dragon over mountains"),
    "horse": ("Лошадь на лугу", "A horse in a meadow"),
    "dog": ("Собака на берегу", "A dog on the beach"),
    "bird": ("Птица на ветке", "A bird on a branch"),
    "fox": ("Лиса в лесу", "A fox in the forest"),
    "ship": ("Корабль в море", "A ship at sea"),
    "robot": ("Робот с цветком", "A robot with a flower"),
    "portrait": ("Портрет женщины", "A portrait of a woman"),
    "car": ("Машина на дороге", "A car on the road"),
    "train": ("Поезд в горах", "A train in the mountains"),
    "bridge": ("Мост через реку", "A bridge over a river"),
    "garden": ("Сад с клумбами", "A garden with flowerbeds"),
    "snow_village": ("Снежная деревня", "A snow village"),
}

NEAREST_WORDS = {
    "a wolf in the forest": "fox",
    "медведь": "dog",
    "единорог": "horse",
    "сова на ветке": "bird",
    "динозавр": "dragon",
    "велосипед": "car",
    "космонавт": "robot",
    "собор": "castle",
    "борщ": "still_life",
    "a whale": "jellyfish",
    "стакан воды": "still_life",
    "a Christmas tree with presents": "snow_village",
    "подводная лодка": "ship",
    "салют": "city",
    "casltle": "castle",
    "драгон": "dragon",
    "девочка с воздушным шариком": "portrait",
    "голубое небо над озером": "lake",
    "oil painting of a lake": "lake",
    "винтажный город": "city",
    "heron at the lake": "bird",
    "арктика": "aurora",
    "season of rain in the forest": "forest",
    "который катался": None,
    "catalog of categories": None,
}


def request_of(
    prompt: str, *, seed: int = 1, size: tuple[int, int] = (96, 80), sources=(), **more
) -> PaintRequest:
    return PaintRequest(
        prompt=prompt, width=size[0], height=size[1], seed=seed,
        sources=tuple(png_of(image) for image in sources), **more,
    )  # fmt: skip


def image_of(prompt: str, **more) -> Image.Image:
    return paint(request_of(prompt, **more))


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two images, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def color_of(image: Image.Image) -> list[float]:
    return ImageStat.Stat(image).mean


def lake() -> Image.Image:
    return image_of("a lake in summer, day", size=(160, 120), seed=4)


def test_it_reads_the_same_motif_in_both_languages() -> None:
    for motif, prompts in PAIRS.items():
        assert [words.read(prompt).motif for prompt in prompts] == [motif, motif]


def test_it_reads_the_nearest_motif_for_a_word_without_one() -> None:
    assert {prompt: words.read(prompt).motif for prompt in NEAREST_WORDS} == NEAREST_WORDS


def test_it_has_an_asset_for_every_motif_that_words_can_name() -> None:
    assert set(words.MOTIFS) == set(PAIRS)
    assert set(NEAREST) <= set(words.MOTIFS)
    assert all(assets.of("plates", motif) for motif in set(PAIRS) - set(SUBJECTS))
    assert all(assets.of("cutouts", motif) for motif in SUBJECTS)
    places = {subject.place for subject in SUBJECTS.values()} | PLACES | set(GROUNDS) | WATER
    assert all(assets.of("plates", place) for place in places | set(FREE))
    kinds = {*GROUNDS.values(), "grass"}
    assert {kind for one in assets.of("cutouts", "ground") for kind in one.tags} >= kinds


def test_its_assets_take_at_most_8_megabytes() -> None:
    files = [path for kind in ("plates", "cutouts") for path in (assets.FOLDER / kind).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 8_000_000


def test_it_paints_every_motif_with_visible_content() -> None:
    for motif, (_, prompt) in PAIRS.items():
        image = image_of(prompt)
        assert (image.size, image.mode) == ((96, 80), "RGB")
        assert max(ImageStat.Stat(image).stddev) > 8, motif


@pytest.mark.parametrize("size", [(256, 256), (320, 180), (135, 240), (16, 16), (33, 97)])
@pytest.mark.parametrize("prompt", ["a fox", "поезд", "a cat, rain", "bird", "маяк", "портрет"])
def test_it_paints_any_ratio(prompt: str, size: tuple[int, int]) -> None:
    assert image_of(prompt, size=size).size == size


def test_it_refuses_a_size_too_small_to_paint() -> None:
    with pytest.raises(ValueError, match="too small"):
        image_of("sea", size=(8, 256))


def test_it_gives_the_same_bytes_for_the_same_arguments() -> None:
    request = request_of("a fox in a snow village at night, snowfall", seed=11)
    first, second = (encode(paint(request), request) for _ in range(2))
    assert first == second


def test_it_varies_with_the_seed_and_the_model() -> None:
    for motif, (_, prompt) in PAIRS.items():
        plain = image_of(prompt, model="flux-schnell")
        assert difference(plain, image_of(prompt, seed=2, model="flux-schnell")) > 3, motif
        assert difference(plain, image_of(prompt, model="seedream-4")) > 3, motif


def test_it_accepts_any_seed() -> None:
    for seed in (0, -1, 2**32 - 1, 2**63):
        assert image_of("abstract", seed=seed, size=(32, 32)).size == (32, 32)


def test_it_paints_a_landscape_for_unknown_words() -> None:
    for prompt in ("нечто неописуемое", "quantum blockchain", "?!"):
        scene = words.read(prompt)
        assert scene.motif is None
        chosen = {choose_motif(scene, seed=seed, prompt=prompt) for seed in range(60)}
        assert len(chosen) > 5
        assert chosen <= PLACES


@pytest.mark.parametrize(
    ("prompt", "motif", "place"),
    [
        ("a fox in a snow village at night", "fox", "snow_village"),
        ("лиса в снежной деревне ночью", "fox", "snow_village"),
        ("a dragon over a castle", "dragon", "castle"),
        ("робот в космосе", "robot", "space"),
        ("корабль в гавани", "ship", "harbor"),
    ],
)
def test_it_puts_the_subject_into_the_place(prompt: str, motif: str, place: str) -> None:
    scene = words.read(prompt)
    assert (scene.motif, scene.place) == (motif, place)
    alone = image_of(PAIRS[motif][1], seed=2)
    assert difference(image_of(prompt, seed=2), alone) > 8


def test_it_omits_what_the_negative_prompt_names() -> None:
    scene = words.read("маяк у моря", negative_prompt="lighthouse, лодка")
    assert scene.motif == "sea"
    assert not scene.allows("boat")
    combined = words.read("a fox in a castle", negative_prompt="castle")
    assert (combined.motif, combined.place) == ("fox", None)


def test_it_reads_time_weather_and_season() -> None:
    scene = words.read("Зимний закат в тумане, красный домик, акварель, спокойно")
    assert (scene.time, scene.season, scene.finishes) == ("sunset", "winter", ("watercolor",))
    assert ("fog" in scene.weather, "calm" in scene.moods) == (True, True)
    assert scene.colors == ("red",)


def test_it_follows_the_time_of_day_in_every_place() -> None:
    for place in PLACES - {"aurora", "city", "space"}:
        name = place.replace("_", " ")
        night, day = (color_of(image_of(f"{name}, {time}")) for time in ("night", "noon"))
        assert sum(night) + 60 < sum(day), place


@pytest.mark.parametrize("name", ["glass", "hot-air balloon", "car", "still life"])
def test_it_follows_a_named_color(name: str) -> None:
    red, blue = (color_of(image_of(f"a {color} {name}, day")) for color in ("red", "blue"))
    assert red[0] - red[2] > blue[0] - blue[2] + 2


@pytest.mark.parametrize("finish", sorted(FINISHES))
def test_it_applies_a_medium(finish: str) -> None:
    word = {"paper_cut": "flat illustration", "film": "film grain"}.get(finish, finish)
    assert words.read(f"sea, {word}").finishes == (finish,)
    assert difference(image_of(f"sea, {word}"), image_of("sea")) > 3


@pytest.mark.parametrize("weather", ["fog", "rain", "snowfall", "storm"])
def test_it_shows_the_weather(weather: str) -> None:
    assert difference(image_of(f"a castle, day, {weather}"), image_of("a castle, day")) > 2


def test_it_reports_rising_progress_up_to_the_end() -> None:
    heard: list[float] = []
    paint(request_of("дюны"), on_progress=heard.append)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    assert heard == sorted(set(heard))
    assert len(heard) > 3


@pytest.mark.parametrize(
    "prompt", ["сделай зиму", "turn it into night", "фиолетовый", "watercolor", "something else"]
)
def test_it_derives_an_edit_from_its_source(prompt: str) -> None:
    before = lake()
    after = image_of(prompt, size=(160, 120), seed=9, sources=[before])
    assert difference(before, after) > 3
    same, other = (ImageOps.equalize(one.convert("L")) for one in (before, after))
    assert ImageStat.Stat(ImageChops.difference(same, other)).mean[0] < 50


def test_it_differs_more_from_the_source_with_more_strength() -> None:
    before = lake()
    moved = [
        difference(before, image_of("sunset", size=before.size, sources=[before], strength=amount))
        for amount in (0.1, 0.5, 1.0)
    ]
    assert moved == sorted(set(moved))


def test_it_uses_the_colors_of_a_second_source() -> None:
    before, other = lake(), Image.new("RGB", (50, 50), (200, 60, 40))
    plain = color_of(image_of("bright", seed=2, sources=[before]))
    lent = color_of(image_of("bright", seed=2, sources=[before, other]))
    assert lent[0] - lent[2] > plain[0] - plain[2] + 20


def test_it_accepts_sources_of_any_mode_and_ratio() -> None:
    for mode in ("L", "RGBA", "P"):
        assert image_of("autumn", sources=[Image.new(mode, (30, 90))]).size == (96, 80)


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_it_writes_the_painter_into_the_file(form) -> None:
    request = request_of("море", format=form)
    data = encode(paint(request), request)
    assert metadata.source_type_of(data) == "algorithmicMedia"
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == form.upper()
        if form == "png":
            assert "ArtGen demo painter" in image.text["Software"]
            assert (image.text["Description"], image.text["Seed"]) == ("море", "1")
        else:
            assert b"ArtGen demo painter" in image.info["comment"]
            assert "ArtGen demo painter" in image.getexif()[0x0131]


def test_it_needs_pillow_alone() -> None:
    for path in Path(painter.__file__).parent.rglob("*.py"):
        assert "numpy" not in path.read_text()
