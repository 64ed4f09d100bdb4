"""The emulator's painter: what a prompt decides, what the seed decides, and what the file says."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.demo import painter
from generation.demo.painter import bench, encode, paint, words
from generation.demo.painter.finishes import FINISHES
from generation.demo.painter.motifs import MOTIFS
from generation.demo.painter.painting import choose_motif
from generation.files import metadata

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


def pixels(
    prompt: str, *, seed: int = 1, width: int = 96, height: int = 80, **more: object
) -> np.ndarray:
    image = paint(prompt=prompt, width=width, height=height, seed=seed, **more)  # type: ignore[arg-type]
    return np.asarray(image, dtype=np.int16)


def difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("motif", sorted(PAIRS))
def test_it_reads_the_same_motif_in_both_languages(motif: str) -> None:
    russian, english = PAIRS[motif]
    assert words.read(russian).motif == motif
    assert words.read(english).motif == motif


def test_it_can_paint_every_motif_of_the_word_table() -> None:
    assert set(words.MOTIFS) == set(MOTIFS) == set(PAIRS)
    assert set(words.FINISHES) == set(FINISHES)


@pytest.mark.parametrize("motif", sorted(PAIRS))
def test_it_paints_an_image_with_visible_content(motif: str) -> None:
    picture = pixels(PAIRS[motif][1])
    assert picture.shape == (80, 96, 3)
    assert picture.std() > 8


@pytest.mark.parametrize(("width", "height"), [(256, 256), (320, 180), (135, 240), (96, 40)])
def test_it_paints_any_ratio(width: int, height: int) -> None:
    image = paint(prompt="маяк", width=width, height=height, seed=3)
    assert image.size == (width, height)
    assert image.mode == "RGB"


def test_it_refuses_a_size_too_small_to_paint() -> None:
    with pytest.raises(ValueError, match="too small"):
        paint(prompt="sea", width=8, height=256, seed=1)


@pytest.mark.parametrize("prompt", ["море на закате", "still life", "thirty-seven"])
def test_it_gives_the_same_bytes_for_the_same_arguments(prompt: str) -> None:
    first = encode(paint(prompt=prompt, width=96, height=96, seed=11), prompt=prompt, seed=11)
    second = encode(paint(prompt=prompt, width=96, height=96, seed=11), prompt=prompt, seed=11)
    assert first == second


@pytest.mark.parametrize("motif", sorted(PAIRS))
def test_it_varies_with_the_seed(motif: str) -> None:
    assert difference(pixels(PAIRS[motif][1], seed=1), pixels(PAIRS[motif][1], seed=2)) > 4


def test_it_accepts_any_seed() -> None:
    for seed in (0, -1, 2**32 - 1, 2**63):
        assert pixels("abstract", seed=seed, width=32, height=32).shape == (32, 32, 3)


def test_it_chooses_a_free_motif_for_unknown_words() -> None:
    scene = words.read("нечто неописуемое")
    assert scene.motif is None
    chosen = {choose_motif(scene, seed=seed, prompt="нечто неописуемое") for seed in range(60)}
    assert len(chosen) > 5
    assert all(MOTIFS[name].freely for name in chosen)


def test_it_omits_what_the_negative_prompt_names() -> None:
    scene = words.read("маяк у моря", negative_prompt="lighthouse, лодка")
    assert scene.motif == "sea"
    assert not scene.allows("boat")


def test_it_reads_time_weather_and_season() -> None:
    scene = words.read("Зимний закат в тумане, красный домик, акварель, спокойно")
    assert (scene.time, scene.season, scene.finishes) == ("sunset", "winter", ("watercolor",))
    assert "fog" in scene.weather
    assert "calm" in scene.moods
    assert scene.colors == ("red",)


def test_it_does_not_match_a_word_inside_a_longer_one() -> None:
    assert words.read("который катался").motif is None
    assert words.read("catalog of categories").motif is None


@pytest.mark.parametrize(
    ("dark", "bright"), [("sea at night", "sea at noon"), ("ночные горы", "горы днём")]
)
def test_it_follows_the_time_of_day(dark: str, bright: str) -> None:
    assert pixels(dark).mean() + 30 < pixels(bright).mean()


def test_it_follows_a_named_color() -> None:
    red, blue = pixels("red glass", width=64, height=64), pixels("blue glass", width=64, height=64)
    assert red[..., 0].mean() - red[..., 2].mean() > blue[..., 0].mean() - blue[..., 2].mean() + 20


@pytest.mark.parametrize("finish", sorted(FINISHES))
def test_it_applies_a_medium(finish: str) -> None:
    word = {"paper_cut": "papercut", "film": "film grain", "gouache": "gouache", "ink": "ink"}.get(
        finish, finish
    )
    assert difference(pixels(f"sea, {word}"), pixels("sea")) > 3


@pytest.mark.parametrize("prompt", ["дюны", "waterfall", "стекло", "бумага"])
def test_it_reports_rising_progress_up_to_the_end(prompt: str) -> None:
    heard: list[float] = []
    paint(prompt=prompt, width=64, height=64, seed=5, on_progress=heard.append)
    assert heard[0] == 0.0
    assert heard[-1] == 1.0
    assert len(heard) > 3
    assert heard == sorted(set(heard))


def source() -> Image.Image:
    return paint(prompt="a lake in summer, day", width=160, height=120, seed=4)


@pytest.mark.parametrize(
    "prompt", ["сделай зиму", "turn it into night", "фиолетовый", "watercolor", "something else"]
)
def test_it_derives_an_edit_from_its_source(prompt: str) -> None:
    original = source()
    before = np.asarray(original, dtype=np.int16)
    after = np.asarray(
        paint(prompt=prompt, width=160, height=120, seed=9, sources=[original]), dtype=np.int16
    )
    assert difference(before, after) > 3
    alike = np.corrcoef(before.mean(axis=2).ravel(), after.mean(axis=2).ravel())[0, 1]
    assert alike > 0.35


def test_it_differs_more_from_the_source_with_more_strength() -> None:
    original = source()
    before = np.asarray(original, dtype=np.int16)

    def moved(strength: float) -> float:
        after = paint(
            prompt="sunset", width=160, height=120, seed=9, sources=[original], strength=strength
        )
        return difference(before, np.asarray(after, dtype=np.int16))

    assert moved(0.1) < moved(0.5) < moved(1.0)


def test_it_uses_the_colors_of_a_second_source() -> None:
    original, other = source(), Image.new("RGB", (50, 50), (200, 60, 40))
    plain = np.asarray(
        paint(prompt="bright", width=96, height=72, seed=2, sources=[original]), dtype=np.int16
    )
    lent = np.asarray(
        paint(prompt="bright", width=96, height=72, seed=2, sources=[original, other]),
        dtype=np.int16,
    )
    assert (
        lent[..., 0].mean() - lent[..., 2].mean() > plain[..., 0].mean() - plain[..., 2].mean() + 20
    )


def test_it_accepts_sources_of_any_mode_and_ratio() -> None:
    for mode in ("L", "RGBA", "P"):
        image = paint(
            prompt="autumn", width=64, height=48, seed=1, sources=[Image.new(mode, (30, 90))]
        )
        assert image.size == (64, 48)


def test_it_writes_the_painter_into_a_png() -> None:
    data = encode(paint(prompt="море", width=32, height=32, seed=1), prompt="море", seed=1)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        assert "ArtGen demo painter" in image.text["Software"]  # type: ignore[attr-defined]
        assert image.text["Description"] == "море"  # type: ignore[attr-defined]
        assert image.text["Seed"] == "1"  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_it_marks_the_file_as_algorithmic_media(form) -> None:
    data = encode(
        paint(prompt="sea", width=32, height=32, seed=1), prompt="sea", seed=1, format=form
    )
    assert metadata.source_type_of(data) == "algorithmicMedia"
    assert b"digitalsourcetype/algorithmicMedia<" in metadata.described(
        data, parameters={"prompt": "sea"}
    )


def test_it_writes_the_painter_into_a_jpeg() -> None:
    data = encode(
        paint(prompt="sea", width=32, height=32, seed=1), prompt="sea", seed=1, format="jpeg"
    )
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert b"ArtGen demo painter" in image.info["comment"]
        assert "ArtGen demo painter" in image.getexif()[0x0131]


def test_it_benchmarks_every_motif() -> None:
    assert all(words.read(bench.PROMPTS.get(name, name)).motif == name for name in MOTIFS)


def test_it_imports_only_numpy_and_pillow() -> None:
    root = Path(painter.__file__).parent
    allowed = (
        "from .",
        "from generation.demo.painter",
        "from __future__",
        "import numpy",
        "from numpy",
        "from PIL",
    )
    standard = (
        "collections",
        "dataclasses",
        "io",
        "itertools",
        "math",
        "re",
        "sys",
        "time",
        "typing",
        "zlib",
    )
    for path in root.rglob("*.py"):
        for line in path.read_text().splitlines():
            if line.startswith(("import ", "from ")):
                assert line.startswith(allowed) or line.split()[1].split(".")[0] in standard, (
                    f"{path.name}: {line}"
                )
