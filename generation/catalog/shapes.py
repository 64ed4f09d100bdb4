"""The shapes of an image that the composer offers, and the names of shapes."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from generation.catalog.offers import Parameter
from generation.imaging import aspect_ratio

COMMON_RATIOS = ("1:1", "4:5", "2:3", "9:16", "3:2", "16:9")
"""Offered where a model accepts any width and height."""
NAMED_RATIOS = (*COMMON_RATIOS, "3:4", "5:4", "4:3", "7:5", "5:7", "21:9", "9:21")
SAME_RATIO = 0.035  # 1472 × 1140, which qwen-image calls 4:3
MAX_FRACTION = 12  # a fraction with larger numbers says less than the size itself
SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
STEP = 32  # px: workers are fastest and cleanest at multiples of it
BOX = (28, 26)  # px: the little drawing of a shape


@dataclass(frozen=True)
class ShapeChoice:
    """One choice of an image's shape, with its size in px."""

    name: str
    width: int
    height: int
    is_allowed: bool = True
    """Whether the user's quotas allow the size."""

    @property
    def value(self) -> str:
        """The value of the radio button: "1344x768"."""
        return f"{self.width}x{self.height}"

    @property
    def box(self) -> dict[str, float]:
        """The rectangle that shows the shape within BOX: x, y, width, height."""
        longest = BOX[0] - 2 if self.ratio > 1 else BOX[1] - 3
        scale = min(longest, 19 * math.sqrt(max(self.ratio, 1 / self.ratio)))
        width = scale * min(1, self.ratio)
        height = scale * min(1, 1 / self.ratio)
        return {
            "x": round((BOX[0] - width) / 2, 1),
            "y": round((BOX[1] - height) / 2, 1),
            "width": round(width, 1),
            "height": round(height, 1),
        }

    @property
    def ratio(self) -> float:
        return self.width / self.height


def size_of(value: str) -> tuple[int, int] | None:
    """Return width and height of "1344x768", None for another text."""
    match = SIZE.fullmatch(value)
    return (int(match[1]), int(match[2])) if match else None


def nearest_size(
    parameters: Mapping[str, Parameter], *, width: int, height: int
) -> tuple[int, int] | None:
    """Return the size in px of a model with these parameters that is most like this one.

    None if the model has no size of its own: its images are as large as their source.
    """
    if "size" in parameters:
        sizes = filter(None, (size_of(str(choice)) for choice in parameters["size"].choices))
        return min(
            sizes, key=lambda size: aspect_ratio.unlikeness(size, (width, height)), default=None
        )
    if "width" not in parameters:
        return None
    across, along = parameters["width"], parameters["height"]
    scale = min(1.0, (across.max or width) / width, (along.max or height) / height)
    scale = max(scale, (across.min or 1) / width, (along.min or 1) / height)
    return _on_grid(width * scale, across), _on_grid(height * scale, along)


def _on_grid(side: float, limits: Parameter) -> int:
    step, least = int(limits.step or 1), int(limits.min or 1)
    rounded = least + round((side - least) / step) * step
    most = int(limits.max or max(rounded, least))
    while rounded > most:
        rounded -= step
    return max(least, rounded)


def shape_name(width: int, height: int) -> str:
    """Return the common ratio nearest to a size in px, else a short fraction, else its sides."""
    name = aspect_ratio.nearest(width, height, ratios=NAMED_RATIOS)
    if aspect_ratio.distance(name, width=width, height=height) <= SAME_RATIO:
        return name
    divisor = math.gcd(width, height)
    across, along = width // divisor, height // divisor
    if max(across, along) <= MAX_FRACTION:
        return f"{across}:{along}"
    return f"{width}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{height}"


def of_sizes(sizes: Iterable[Any]) -> list[ShapeChoice]:
    """Return a choice for each size "1344x768".

    Of several sizes of one ratio, the first has its name ("1:1"), the largest and the smallest of
    the others are called that ("1:1 large"), and the rest have their size.
    """
    return list(_of_sizes(tuple(map(str, sizes)), get_language()))


@lru_cache(maxsize=500)  # each model of the composer asks
def _of_sizes(sizes: tuple[str, ...], _language: str | None) -> tuple[ShapeChoice, ...]:
    choices = [
        ShapeChoice(shape_name(width, height), width, height)
        for width, height in filter(None, map(size_of, sizes))
    ]
    return tuple(
        replace(shape, name=_name_among([s for s in choices if s.name == shape.name], shape))
        for shape in choices
    )


def _name_among(namesakes: list[ShapeChoice], shape: ShapeChoice) -> str:
    if shape is namesakes[0]:
        return shape.name
    ordered = sorted(namesakes, key=lambda choice: choice.width * choice.height)
    if shape is ordered[-1]:
        return _("%(ratio)s large") % {"ratio": shape.name}
    if shape is ordered[0]:
        return _("%(ratio)s small") % {"ratio": shape.name}
    return f"{shape.width}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{shape.height}"


def within(
    *, width: Parameter, height: Parameter, max_pixels: int | None = None
) -> list[ShapeChoice]:
    """Return a choice for each of COMMON_RATIOS within a model's limits, of at most `max_pixels`.

    Where none is that small, it is the smallest.
    """
    return [
        _closest(ratio, width=width, height=height, max_pixels=max_pixels)
        for ratio in COMMON_RATIOS
    ]


@lru_cache(maxsize=1000)  # 1,000 sizes are looked through for each
def _closest(
    ratio: str, *, width: Parameter, height: Parameter, max_pixels: int | None
) -> ShapeChoice:
    """Return the size within the limits closest to the ratio, at most of the default area."""
    area = (width.default or 1024) * (height.default or 1024)
    best: tuple[float, int, int] = (
        math.inf,
        int(width.default or 1024),
        int(height.default or 1024),
    )
    if max_pixels is not None and max_pixels < area:
        area = max(max_pixels, _grid(width)[0] * _grid(height)[0])
    for side in _grid(width):
        for other in _grid(height):
            if side * other > area:
                break
            unlike = aspect_ratio.distance(ratio, width=side, height=other)
            best = min(best, (4 * unlike + abs(math.log(side * other / area)), side, other))
    return ShapeChoice(ratio, best[1], best[2])


def _grid(side: Parameter) -> range:
    step = int(side.step or 1)
    while step < STEP:
        step *= 2
    return range(int(side.min or 256), int(side.max or 2048) + 1, step)
