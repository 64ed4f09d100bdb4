"""An image extended over its sides: the larger canvas, and the mask of the new area."""

from collections.abc import Mapping

from PIL import Image, ImageFilter

from generation.imaging import decoding_turn
from generation.imaging.image_decoding import decode
from generation.imaging.mask_image import png

OVERLAP = 0.02  # of the shorter side of the kept image: the seam is painted over and blended
BACKDROP_SIDE = 32  # px: the new area starts as a smear of the image, not as a gray frame


def extended(
    data: bytes, *, sides: Mapping[str, int], size: tuple[int, int]
) -> tuple[bytes, bytes]:
    """Return the image on a larger canvas, and the mask of the new area, both as PNG.

    Args:
        data: the image.
        sides: by how many percent of the image `left`, `top`, `right` and `bottom` are extended.
        size: width and height in px of the canvas; the image is scaled to fit its place in it.

    Raises:
        generation.imaging.image_decoding.InvalidImage: the bytes are not an image.
    """
    with decoding_turn.alone():
        image = decode(data)[1].convert("RGB")
        box = _place(sides, size)
        inner = image.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
        canvas = image.resize((BACKDROP_SIDE, BACKDROP_SIDE), Image.Resampling.BOX)
        canvas = canvas.resize(size, Image.Resampling.BICUBIC)
        canvas.paste(inner, box[:2])
        return png(canvas), png(_frame(box, size))


def _place(sides: Mapping[str, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the image in the canvas, in px."""
    across, down = (100 + sides["left"] + sides["right"], 100 + sides["top"] + sides["bottom"])
    left, top = round(size[0] * sides["left"] / across), round(size[1] * sides["top"] / down)
    width, height = round(size[0] * 100 / across), round(size[1] * 100 / down)
    return left, top, min(size[0], left + max(1, width)), min(size[1], top + max(1, height))


def _frame(box: tuple[int, int, int, int], size: tuple[int, int]) -> Image.Image:
    """Return the mask of everything outside of the box, with a soft seam inside of it."""
    left, top, right, bottom = box
    overlap = max(2, round(min(right - left, bottom - top) * OVERLAP))
    kept = (
        left + (overlap if left else 0),
        top + (overlap if top else 0),
        right - (overlap if right < size[0] else 0),
        bottom - (overlap if bottom < size[1] else 0),
    )
    seam = Image.new("L", size, 255)
    if kept[0] < kept[2] and kept[1] < kept[3]:
        seam.paste(0, kept)
    seam = seam.filter(ImageFilter.GaussianBlur(overlap / 3))
    outside = Image.new("L", size, 255)
    outside.paste(seam.crop(box), box[:2])
    return outside
