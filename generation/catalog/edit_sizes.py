"""The size of an image that is made from another one: upscaled, changed in part, extended."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from django.utils.translation import gettext as _

from artgen.refusals import FieldError
from artgen.web import formatting
from generation.catalog.offers import InvalidParameters, Offer

MASKED_PIXELS = 2 * 1024 * 1024
"""Largest image that a model paints a part of. SDXL and FLUX lose their composition above it."""
MEGAPIXEL = 1_000_000
UPSCALED_PIXELS = 50 * MEGAPIXEL
"""Largest result of upscaling: `imaging.image_decoding.MAX_PIXELS` is refused beyond that."""
MULTIPLE = 8  # px: of the models' latent images


def size_from(
    offer: Offer, parameters: Mapping[str, Any], *, source: tuple[int, int]
) -> tuple[int, int]:
    """Return width and height in px of a model that is `sized_by_source`.

    Raises:
        InvalidParameters: the upscaled image would be too large.
    """
    width, height = source
    if offer.upscales:
        return _upscaled(offer, source, scale=parameters["scale"])
    if sides := parameters.get("outpaint"):
        size = _at_most(*extended(source, sides))
    elif parameters.get("mask"):
        size = _at_most(width, height)
    else:
        size = size_like(width=width, height=height)
    return _within(offer.sides_sent, size)


def size_like(
    *, width: int, height: int, pixels: int = 1024 * 1024, multiple: int = 8
) -> tuple[int, int]:
    """Return width and height of this aspect ratio with about `pixels`, rounded to `multiple`."""
    scale = sqrt(pixels / (width * height))
    return (
        max(multiple, round(width * scale / multiple) * multiple),
        max(multiple, round(height * scale / multiple) * multiple),
    )


def extended(size: tuple[int, int], sides: Mapping[str, int]) -> tuple[int, int]:
    width, height = size
    return (
        round(width * (100 + sides["left"] + sides["right"]) / 100),
        round(height * (100 + sides["top"] + sides["bottom"]) / 100),
    )


def can_upscale(size: tuple[int, int], *, scale: int) -> bool:
    """Return whether the upscaled image is not too large."""
    return size[0] * size[1] * scale * scale <= UPSCALED_PIXELS


def upscaled(offer: Offer, source: tuple[int, int], *, scale: int) -> tuple[int, int]:
    """Return the size of the upscaled image, of whole megapixels if the model is told these."""
    width, height = source[0] * scale, source[1] * scale
    if not offer.makes_megapixels:
        return width, height
    pixels = max(1, width * height // MEGAPIXEL) * MEGAPIXEL
    return size_like(width=width, height=height, pixels=pixels, multiple=1)


def _upscaled(offer: Offer, source: tuple[int, int], *, scale: int) -> tuple[int, int]:
    if not can_upscale(source, scale=scale):
        detail = _("The image would have more than %(limit)s megapixels. Choose a smaller factor.")
        limit = formatting.number(UPSCALED_PIXELS // MEGAPIXEL)
        raise InvalidParameters([FieldError("scale", "too_large", detail % {"limit": limit})])
    return upscaled(offer, source, scale=scale)


def _within(limits: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the size with its ratio, as far as the shortest and the longest side allow that."""
    least, most = limits
    scale = min(max(1, least / min(size)), most / max(size))
    width, height = (
        min(most, max(least, round(side * scale / MULTIPLE) * MULTIPLE)) for side in size
    )
    return (width, height) if scale != 1 else size


def _at_most(width: int, height: int) -> tuple[int, int]:
    """Return the size rounded for the model, scaled down if it has too many pixels."""
    if width * height > MASKED_PIXELS:
        return size_like(width=width, height=height, pixels=MASKED_PIXELS, multiple=MULTIPLE)
    return (
        max(MULTIPLE, width // MULTIPLE * MULTIPLE),
        max(MULTIPLE, height // MULTIPLE * MULTIPLE),
    )
