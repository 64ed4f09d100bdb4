"""The size in the composer: the shapes on offer, and the one that is chosen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from accounts.limits.quotas import MEGAPIXEL, Quotas
from generation.catalog import shapes
from generation.catalog.offers import Parameter
from generation.catalog.shapes import ShapeChoice, size_of


def offered(parameters: Mapping[str, Parameter], *, quotas: Quotas | None) -> list[ShapeChoice]:
    """Return a model's sizes, or common ratios at its default area; none if it has no sizes.

    `quotas` are what the user may ask for; None: as the model allows.
    """
    limit = quotas.megapixels if quotas else None
    if "size" in parameters:
        choices = shapes.of_sizes(parameters["size"].choices)
    elif takes_any(parameters):
        width, height = parameters["width"], parameters["height"]
        pixels = None if limit is None else int(limit * MEGAPIXEL)
        choices = shapes.within(width=width, height=height, max_pixels=pixels)
    else:
        return []
    if quotas is None or limit is None:
        return choices
    return [
        replace(choice, is_allowed=quotas.allows_size(choice.width, choice.height))
        for choice in choices
    ]


def takes_any(parameters: Mapping[str, Parameter]) -> bool:
    """Return whether a model accepts any width and height within limits."""
    return "width" in parameters and "height" in parameters


def chosen(wanted: str, *, among: Sequence[ShapeChoice], parameter: Parameter | None) -> str:
    """Return the value of the chosen shape; `wanted` itself if there are no shapes.

    That of a size which is not offered is the nearest ratio; that of another text the default of
    the `parameter` "size", if the model has it, or else the first shape.
    """
    allowed = [shape for shape in among if shape.is_allowed] or among
    values = [shape.value for shape in allowed]
    if wanted in values or not values:
        return wanted
    if size := size_of(wanted):
        ratio = size[0] / max(1, size[1])
        closest = min(allowed, key=lambda shape: abs(math.log(max(ratio, 0.01) / shape.ratio)))
        return closest.value
    default = str(parameter.default) if parameter else ""
    return default if default in values else values[0]


def are_limited(shapes_offered: Sequence[ShapeChoice], parameters: Mapping[str, Parameter]) -> bool:
    """Return whether quotas leave some of a model's shapes out, or make them smaller."""
    as_offered = offered(parameters, quotas=None)
    return [shape.value for shape in as_offered] != [
        shape.value for shape in shapes_offered if shape.is_allowed
    ]
