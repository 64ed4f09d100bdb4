"""The emulated workers and the painter change what the mask covers, and nothing else."""

import numpy as np
import pytest
from PIL import Image

from generation.demo.painter import PaintRequest, paint
from generation.testing.rows.image_files import png_of

pytestmark = pytest.mark.release("generation/demo/")

SIZE = (320, 192)
BOX = (100, 40, 220, 150)


def mask(box=BOX, size=SIZE):
    area = Image.new("L", size, 0)
    area.paste(255, box)
    return area


def painted(prompt, *, size=SIZE, seed=4, source=None, mask=None, scale=1):
    return paint(
        PaintRequest(
            prompt=prompt, width=size[0], height=size[1], seed=seed, scale=scale,
            sources=(png_of(source),) if source else (), mask=png_of(mask) if mask else None,
        )
    )  # fmt: skip


def photo():
    return painted("a lake at dawn", seed=3)


def is_changed(before, after):
    """Return where two images differ, by pixel."""
    first, second = (np.asarray(one.convert("RGB"), np.int16) for one in (before, after))
    return np.abs(first - second).max(axis=2) > 0


@pytest.mark.parametrize(
    "prompt", ["a lighthouse at night", "empty background, seamless continuation"]
)
def test_the_painter_paints_inside_the_mask_alone(prompt):
    source = photo()
    result = painted(prompt, source=source, mask=mask())
    changed = is_changed(source, result)
    inside = np.asarray(mask()) > 0
    assert not changed[~inside].any()
    assert changed[inside].mean() > 0.5
