"""The demo's painter: what the words decide, what seed and model decide, what the file says."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from generation.demo import painter
from generation.demo.painter import PaintRequest, assets, encode, paint, words
from generation.demo.painter.composing import GROUNDS, SUBJECTS, WATER
from generation.demo.painter.nearest import NEAREST
from generation.demo.painter.painting import FREE
from generation.demo.painter.vocabulary import PLACES
from generation.testing.rows.image_files import png_of

pytestmark = pytest.mark.release("generation/demo/")


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


def lake() -> Image.Image:
    return image_of("a lake in summer, day", size=(160, 120), seed=4)


def test_it_has_an_asset_for_every_motif_that_words_can_name() -> None:
    assert set(NEAREST) <= set(words.MOTIFS)
    assert all(assets.of("plates", motif) for motif in set(words.MOTIFS) - set(SUBJECTS))
    assert all(assets.of("cutouts", motif) for motif in SUBJECTS)
    places = {subject.place for subject in SUBJECTS.values()} | PLACES | set(GROUNDS) | WATER
    assert all(assets.of("plates", place) for place in places | set(FREE))
    kinds = {*GROUNDS.values(), "grass"}
    assert {kind for one in assets.of("cutouts", "ground") for kind in one.tags} >= kinds


def test_its_assets_take_at_most_8_megabytes() -> None:
    files = [path for kind in ("plates", "cutouts") for path in (assets.FOLDER / kind).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 8_000_000


def test_it_paints_every_motif_with_visible_content() -> None:
    for motif in words.MOTIFS:
        image = image_of(motif.replace("_", " "))
        assert (image.size, image.mode) == ((96, 80), "RGB")
        assert max(ImageStat.Stat(image).stddev) > 8, motif


def test_it_gives_the_same_bytes_for_the_same_arguments() -> None:
    request = request_of("a fox in a snow village at night, snowfall", seed=11)
    first, second = (encode(paint(request), request) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "prompt", ["сделай зиму", "turn it into night", "фиолетовый", "watercolor", "something else"]
)
def test_it_derives_an_edit_from_its_source(prompt: str) -> None:
    before = lake()
    after = image_of(prompt, size=(160, 120), seed=9, sources=[before])
    assert difference(before, after) > 3
    same, other = (ImageOps.equalize(one.convert("L")) for one in (before, after))
    assert ImageStat.Stat(ImageChops.difference(same, other)).mean[0] < 50


def test_it_needs_pillow_alone() -> None:
    for path in Path(painter.__file__).parent.rglob("*.py"):
        assert "numpy" not in path.read_text()
