"""Small images of what is being made: they pass through sockets, and are never stored."""

import io

from PIL import Image

from generation.imaging.image_decoding import InvalidImage, decode

SIDES = (512, 384, 256, 128)  # px; the first whose file is small enough
MAX_BYTES = 20_000


def preview(data: bytes) -> bytes:
    """Return the image as a JPEG of at most 512 px and 20 kB, b"" if it cannot be decoded."""
    try:
        image = decode(data)[1].convert("RGB")
    except InvalidImage:
        return b""
    for side in SIDES:
        image.thumbnail((side, side), Image.Resampling.BICUBIC)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=70)
        if len(file.getvalue()) <= MAX_BYTES:
            return file.getvalue()
    return b""
