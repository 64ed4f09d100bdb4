"""The nearest aspect ratio of a size."""

import pytest

from generation.imaging import aspect_ratio

RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ((1024, 1024), "1:1"),
        ((1344, 768), "16:9"),
        ((1152, 896), "4:3"),
        ((832, 1216), "2:3"),
        ((500, 900), "9:16"),
        ((1, 100_000), "9:16"),
    ],
)
def test_it_chooses_the_nearest_ratio(size, ratio):
    assert aspect_ratio.nearest(*size, ratios=RATIOS) == ratio
