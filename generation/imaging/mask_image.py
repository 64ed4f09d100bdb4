"""Masks as workers get them: gray images in which white is repainted and black is kept."""

import io

from PIL import Image, ImageChops

from generation.imaging import decoding_turn
from generation.imaging.image_decoding import decode

MARKED = 8  # of 255: darker tones, such as noise of an encoder, change nothing that can be seen


def gray(data: bytes) -> bytes:
    """Return a mask as a PNG with one channel; transparent pixels are black.

    Raises:
        generation.imaging.image_decoding.InvalidImage: the bytes are not an image.
    """
    with decoding_turn.alone():
        mask = decode(data)[1]
        if "A" in mask.getbands() or "transparency" in mask.info:
            rgba = mask.convert("RGBA")
            mask = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
        return png(mask.convert("L"))


def of_transparency(data: bytes) -> bytes | None:
    """Return the mask that repaints where the image is transparent; None if it is opaque.

    Raises as `gray` does.
    """
    with decoding_turn.alone():
        image = decode(data)[1]
        if "A" not in image.getbands() and "transparency" not in image.info:
            return None
        return png(ImageChops.invert(image.convert("RGBA").getchannel("A")))


def to_transparency(mask: bytes) -> bytes:
    """Return a mask from `gray` as `of_transparency` reads it: transparent where it is white."""
    with decoding_turn.alone():
        kept = ImageChops.invert(decode(mask)[1].convert("L"))
        return png(Image.merge("RGBA", [kept] * 4))


def inverted(mask: bytes) -> bytes:
    """Return a mask from `gray` with black and white exchanged."""
    with decoding_turn.alone():
        return png(ImageChops.invert(decode(mask)[1]))


def is_empty(mask: bytes) -> bool:
    """Return whether a mask from `gray` marks no pixel; no mask is decoded without the budget."""
    with decoding_turn.alone():
        _least, most = decode(mask)[1].getextrema()
    return isinstance(most, int | float) and most < MARKED


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()
