"""The orientation in EXIF, the only tag that changes the appearance."""

import struct

from PIL import Image

EXIF_PREFIX = b"Exif\0\0"  # in JPEG and in some WebP files
ORIENTATION = 0x0112
UPRIGHT, LAST = 1, 8


def orientation_only(exif: bytes) -> bytes:
    """Return EXIF (TIFF, without prefix) with the orientation only; b"" for an upright image.

    Source: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E, 4.6.2 and
    4.6.5.1
    """
    value = orientation(exif)
    if value == UPRIGHT:
        return b""
    # Big-endian TIFF header; one directory with one entry: SHORT, count 1, value, padding; no next
    # directory.
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, value, 0, 0)


def orientation(exif: bytes) -> int:
    """Return the orientation in EXIF, 1 to 8; 1 (upright) if it is missing or unreadable."""
    parsed = Image.Exif()
    try:
        parsed.load(exif)
        value = parsed.get(ORIENTATION)
    except Exception:  # noqa: BLE001  (hostile bytes)
        return UPRIGHT
    return value if isinstance(value, int) and UPRIGHT <= value <= LAST else UPRIGHT
