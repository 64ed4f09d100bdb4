"""WebP: a RIFF file of chunks; metadata requires the extended form, which begins with VP8X.

Source: https://developers.google.com/speed/webp/docs/riff_container
"""

import struct
from collections.abc import Iterator

from generation.imaging.containers.errors import MAX_PARTS, Malformed
from generation.imaging.containers.exif import EXIF_PREFIX, orientation_only

HEADER_LENGTH = 12  # RIFF, size 4, WEBP
ICC, ALPHA, EXIF, XMP = 0x20, 0x10, 0x08, 0x04  # flags of VP8X
IMAGE = {b"VP8 ", b"VP8L"}
SHOWN = {b"ICCP", b"ALPH", *IMAGE}
REPLACED = {b"VP8X", b"XMP "}
SIDE_BITS = (1 << 14) - 1


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:HEADER_LENGTH] == b"WEBP"


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and all bytes of each chunk: type 4, length 4, content, padding to an even length.

    The padding byte is kept, because decoders of a damaged file read it. Raise Malformed for a file
    shorter than it declares, and for more than MAX_PARTS chunks.
    """
    count, at, end = 0, HEADER_LENGTH, 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Malformed(f"{end} bytes declared, {len(data)} found")
    while at + 8 <= end:
        if (count := count + 1) > MAX_PARTS:
            raise Malformed(f"more than {MAX_PARTS} chunks")
        kind, length = struct.unpack_from("<4sI", data, at)
        after = at + 8 + length + length % 2
        if at + 8 + length > end:
            raise Malformed(f"{length} bytes of {kind!r} declared, {end - at - 8} found")
        yield kind, data[at : min(after, end)] + b"\0" * (after - min(after, end))
        at = after


def xmp(data: bytes) -> bytes:
    """Return the file's XMP packet, b"" without one. Raise Malformed."""
    return next((_content(chunk) for kind, chunk in chunks(data) if kind == b"XMP "), b"")


def has_c2pa(data: bytes) -> bool:
    """Return whether it has a C2PA manifest. Raise Malformed."""
    return any(kind == b"C2PA" for kind, _chunk in chunks(data))


def with_notes(data: bytes, *, xmp: bytes) -> bytes:
    """Return the file with this XMP packet instead of its own. Raise Malformed."""
    kept = [(kind, chunk) for kind, chunk in chunks(data) if kind not in REPLACED]
    return _file(_canvas(data), [*kept, (b"XMP ", _chunk(b"XMP ", xmp))])


def without_notes(data: bytes, *, xmp: bytes) -> bytes:
    """Return the file with this XMP packet and no other metadata. Raise Malformed."""
    kept, notes = [], []
    for kind, chunk in chunks(data):
        if kind in SHOWN:
            kept.append((kind, chunk))
        elif kind == b"EXIF" and (
            exif := orientation_only(_content(chunk).removeprefix(EXIF_PREFIX))
        ):
            notes = [(kind, _chunk(kind, exif))]
    return _file(_canvas(data), [*kept, *notes, (b"XMP ", _chunk(b"XMP ", xmp))])


def _canvas(data: bytes) -> tuple[int, int, bool]:
    """Return width and height in px, and whether there is transparency. Raise Malformed."""
    for kind, chunk in chunks(data):
        content = _content(chunk)
        if kind == b"VP8X" and len(content) >= 10:
            width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (4, 7))
            return width, height, bool(content[0] & ALPHA)
        # VP8L: signature 1; then 14 bits width - 1, 14 bits height - 1, 1 bit alpha.
        if kind == b"VP8L" and len(content) >= 5:
            bits = int.from_bytes(content[1:5], "little")
            return 1 + (bits & SIDE_BITS), 1 + (bits >> 14 & SIDE_BITS), bool(bits >> 28 & 1)
        # VP8: frame tag 3, start code 3; then width and height, 14 bits and 2 bits of scaling each.
        if kind == b"VP8 " and len(content) >= 10:
            width, height = struct.unpack_from("<HH", content, 6)
            return width & SIDE_BITS, height & SIDE_BITS, False
    raise Malformed("no image found")


def _file(canvas: tuple[int, int, bool], kept: list[tuple[bytes, bytes]]) -> bytes:
    width, height, has_alpha = canvas
    kinds = {kind for kind, _whole in kept}
    flags = (
        ALPHA * has_alpha
        | ICC * (b"ICCP" in kinds)
        | EXIF * (b"EXIF" in kinds)
        | XMP * (b"XMP " in kinds)
    )
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    head = _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)
    body = b"".join([b"WEBP", head, *(chunk for _kind, chunk in kept)])
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _content(chunk: bytes) -> bytes:
    return chunk[8 : 8 + int.from_bytes(chunk[4:8], "little")]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2)
