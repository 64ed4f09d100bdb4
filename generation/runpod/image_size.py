"""Width and height of an image file, read from its first bytes without a decoder.

Sources: https://www.w3.org/TR/png-3/#11IHDR, ITU-T T.81 (B.2.2),
https://developers.google.com/speed/webp/docs/riff_container
"""

import struct

# SOF0–SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_MAX_SEGMENTS = 10_000


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height in px of a PNG, JPEG or WebP; None where they cannot be read."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack_from(">II", data, 16)
        if data.startswith(b"\xff\xd8"):
            return _size_of_jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _size_of_webp(data)
    except (struct.error, IndexError):
        pass  # too short: a decoder will say what is wrong with it
    return None


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return the size in the first frame header."""
    at = 2
    for _segment in range(_MAX_SEGMENTS):
        if data[at] != 0xFF:
            return None
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
        (length,) = struct.unpack_from(">H", data, at)
        at += length
    return None


def _size_of_webp(data: bytes) -> tuple[int, int] | None:
    """Return the size of the canvas, or of the only image."""
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
