"""A picture's file without what it tells of its making: the prompt in a PNG, a provider's notes."""

import io
import struct
from collections.abc import Iterator

from PIL import Image as Pillow

from generation.pictures import PNG_SIGNATURE

PNG_TOLD = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}  # https://www.w3.org/TR/png-3/#11Ancillary-chunks
WEBP_QUALITY = 92


def without(data: bytes) -> bytes:
    """Return the picture without texts and EXIF; PNG and JPEG keep every pixel's value or its JPEG tables."""
    if data.startswith(PNG_SIGNATURE):
        return PNG_SIGNATURE + b"".join(chunk for kind, chunk in _chunks(data) if kind not in PNG_TOLD)
    file = io.BytesIO()
    with Pillow.open(io.BytesIO(data)) as opened:
        if opened.format == "JPEG":
            opened.save(file, "JPEG", quality="keep", exif=b"", comment=b"", icc_profile=opened.info.get("icc_profile"))
        else:
            opened.save(file, "WEBP", quality=WEBP_QUALITY, exif=b"", xmp=b"")
    return file.getvalue()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's type and all of its bytes: length 4, type 4, data, CRC 4."""
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at : at + length + 12]
        at += length + 12
