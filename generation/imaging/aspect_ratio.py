"""Aspect ratios, written "16:9": width, then height."""

import math
from functools import lru_cache


@lru_cache(maxsize=256)
def value(ratio: str) -> float:
    across, down = ratio.split(":")
    return int(across) / int(down)


def distance(ratio: str, *, width: int, height: int) -> float:
    """Return how much the ratio of a size differs, as a logarithm: 0.035 is 3.5 %."""
    return abs(math.log(value(ratio) * height / width))


@lru_cache(maxsize=1000)  # each tile of a page asks, and most images have one of few sizes
def nearest(width: int, height: int, *, ratios: tuple[str, ...]) -> str:
    """Return the ratio nearest to a size in px, the first one of several."""
    return min(ratios, key=lambda ratio: distance(ratio, width=width, height=height))


def unlikeness(size: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Return how much the ratio and the area differ, to sort by."""
    (width, height), (across, along) = size, other
    ratio = abs(math.log(width * along / (height * across)))
    return round(ratio, 2), abs(math.log(width * height / (across * along)))
