"""The demo's painter: it has and paints every motif, the same for the same request."""

import pytest
from PIL import ImageStat

from generation.demo.painter import PaintRequest, paint, words

pytestmark = pytest.mark.release("generation/demo/")


def request_of(prompt: str, *, seed: int = 1) -> PaintRequest:
    return PaintRequest(prompt=prompt, width=96, height=80, seed=seed)


def test_it_paints_every_motif_with_visible_content() -> None:
    for motif in words.MOTIFS:
        image = paint(request_of(motif.replace("_", " ")))
        assert (image.size, image.mode) == ((96, 80), "RGB")
        assert max(ImageStat.Stat(image).stddev) > 8, motif
