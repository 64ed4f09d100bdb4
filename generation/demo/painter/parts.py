"""Work on a part of an image: paint inside a mask, continue the surroundings, extend, enlarge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from .noise import Array

Size = tuple[int, int]
Paint = Callable[[Size], Image.Image]
"""Returns a painted image of this width and height."""

CONTINUED = "seamless"
"""The word of a prompt that asks for the surroundings instead of something new."""
HALF = 128
SEEN = 4  # of 255: the soft edge of a mask belongs to the area
DETAIL = 1.0  # of 255: below, an area is a smear that the service put around an image
MIN_SIDE = 64  # px: a smaller part would show nothing of what is painted


def enlarged(source: Image.Image, size: Size) -> Image.Image:
    """Return the image at this size, sharpened as an upscaling model would."""
    large = source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    radius = max(1.0, size[0] / source.width * 0.7)
    return large.filter(ImageFilter.UnsharpMask(radius=radius, percent=110, threshold=2))


def repainted(
    source: Image.Image, mask: Image.Image, *, size: Size, prompt: str, seed: int, paint: Paint
) -> Image.Image:
    """Return the source at this size, repainted where the mask is white and nowhere else.

    A mask around the image, over a smear, continues the image outward; a prompt with CONTINUED
    fills the area from its surroundings. Else the area shows what `paint` returns for it.
    """
    image = source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    area = mask.convert("L").resize(size, Image.Resampling.BILINEAR)
    box = area.point(lambda value: 255 if value >= SEEN else 0).getbbox()
    if box is None:
        return image
    if (kept := _kept_box(area)) and _is_smooth(image, outside=kept):
        new = _mirrored(image, kept)
    elif CONTINUED in prompt.lower():
        new = _grained(_filled(image, area), seed)
    else:
        new = _placed(image, box, paint)
    return Image.composite(new, image, area)


def _kept_box(area: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the rectangle that the mask surrounds; None if it is not such a mask."""
    kept = area.point(lambda value: 255 if value < HALF else 0)
    box = kept.getbbox()
    if box is None or box == (0, 0, *area.size):
        return None
    inside = np.asarray(kept.crop(box))
    return box if float(inside.mean()) > 250 else None


def _is_smooth(image: Image.Image, *, outside: tuple[int, int, int, int]) -> bool:
    """Return whether nothing is drawn yet outside of a box: an image to extend, not to change."""
    gray = image.convert("L")
    detail = np.abs(
        np.asarray(gray, np.float32) - np.asarray(gray.filter(ImageFilter.BoxBlur(1)), np.float32)
    )
    left, top, right, bottom = outside
    around = np.ones(detail.shape, bool)
    around[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
    return not around.any() or float(detail[around].mean()) < DETAIL


def _mirrored(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = box
    pixels = np.asarray(image.crop(box))
    pads = ((top, image.height - bottom), (left, image.width - right), (0, 0))
    mirrored = np.pad(pixels, pads, mode="symmetric")
    return Image.fromarray(np.ascontiguousarray(mirrored))


def _placed(image: Image.Image, box: tuple[int, int, int, int], paint: Paint) -> Image.Image:
    """Return the image with a painting over the box, which grows where it is too small."""
    left, top, right, bottom = box
    width = min(image.width, max(MIN_SIDE, right - left))
    height = min(image.height, max(MIN_SIDE, bottom - top))
    left = max(0, min(image.width - width, (left + right - width) // 2))
    top = max(0, min(image.height - height, (top + bottom - height) // 2))
    new = image.copy()
    new.paste(paint((width, height)), (left, top))
    return new


def _filled(image: Image.Image, area: Image.Image) -> Image.Image:
    """Return the image with the area filled from its edges inward, coarse to fine (push-pull)."""
    colors = np.asarray(image, np.float32) / 255
    known = (np.asarray(area, np.float32) < 4).astype(np.float32)[..., None]
    result = _pulled(colors * known, known)
    return Image.fromarray((np.clip(result, 0, 1) * 255 + 0.5).astype(np.uint8))


def _pulled(colors: Array, weight: Array) -> Array:
    """Return colors (H, W, 3), premultiplied by `weight` (H, W, 1), without gaps."""
    own = colors / np.maximum(weight, 1e-6)
    if min(weight.shape[:2]) < 2:
        total = np.maximum(weight.sum(axis=(0, 1)), 1e-6)
        mean = colors.sum(axis=(0, 1)) / total
        result: Array = own * weight + mean * (1 - weight)
        return result
    coarse = _pulled(_halved(colors), _halved(weight))
    height, width = weight.shape[:2]
    fine = np.stack(
        [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(coarse[..., channel])).resize(
                    (width, height), Image.Resampling.BILINEAR
                )
            )
            for channel in range(3)
        ],
        axis=-1,
    )
    filled: Array = own * weight + fine * (1 - weight)
    return filled


def _halved(field: Array) -> Array:
    height, width = field.shape[:2]
    even = np.pad(field, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    result: Array = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return result


def _grained(image: Image.Image, seed: int) -> Image.Image:
    """Return the image with a little grain: a smooth area stands out."""
    rng = np.random.default_rng(seed % 2**64)
    grain = rng.standard_normal((image.height, image.width, 1), dtype=np.float32) * 2.2
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))
