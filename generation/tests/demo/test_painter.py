"""The demo's painter: it has and paints every motif, the same for the same request."""

import pytest
from PIL import ImageStat

from generation.demo.painter import PaintRequest, assets, encode, paint, words
from generation.demo.painter.composing import GROUNDS, SUBJECTS, WATER
from generation.demo.painter.painting import FREE

pytestmark = pytest.mark.release("generation/demo/")


def request_of(prompt: str, *, seed: int = 1) -> PaintRequest:
    return PaintRequest(prompt=prompt, width=96, height=80, seed=seed)


def test_it_has_an_asset_for_every_motif_that_words_can_name() -> None:
    assert set(words.NEAREST) <= set(words.MOTIFS)
    assert all(assets.of("plates", motif) for motif in set(words.MOTIFS) - set(SUBJECTS))
    assert all(assets.of("cutouts", motif) for motif in SUBJECTS)
    places = {subject.place for subject in SUBJECTS.values()} | words.PLACES | set(GROUNDS) | WATER
    assert all(assets.of("plates", place) for place in places | set(FREE))
    kinds = {*GROUNDS.values(), "grass"}
    assert {kind for one in assets.of("cutouts", "ground") for kind in one.tags} >= kinds


def test_its_assets_take_at_most_8_megabytes() -> None:
    files = [path for kind in ("plates", "cutouts") for path in (assets.FOLDER / kind).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 8_000_000


def test_it_paints_every_motif_with_visible_content() -> None:
    for motif in words.MOTIFS:
        image = paint(request_of(motif.replace("_", " ")))
        assert (image.size, image.mode) == ((96, 80), "RGB")
        assert max(ImageStat.Stat(image).stddev) > 8, motif


def test_it_gives_the_same_bytes_for_the_same_arguments() -> None:
    request = request_of("a fox in a snow village at night, snowfall", seed=11)
    first, second = (encode(paint(request), request) for _ in range(2))
    assert first == second
