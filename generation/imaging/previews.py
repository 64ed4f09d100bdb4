"""Small images of what is being made: they pass through sockets, and are never stored."""

from generation.imaging.fitting import first_within
from generation.imaging.image_decoding import InvalidImage, decode

STEPS = tuple((side, 70) for side in (512, 384, 256, 128))
MAX_BYTES = 20_000


def preview(data: bytes) -> bytes:
    """Return the image as a JPEG of at most 512 px and 20 kB, b"" if it cannot be decoded."""
    try:
        image = decode(data)[1].convert("RGB")
    except InvalidImage:
        return b""
    encoded = first_within(image, MAX_BYTES, steps=STEPS)
    return encoded if len(encoded) <= MAX_BYTES else b""
