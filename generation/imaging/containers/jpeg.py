"""JPEG: markers, most with a segment, and the coded image between them.

Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
"""

import re
import struct
from collections.abc import Iterator

from generation.imaging.containers.errors import MAX_PARTS, Malformed
from generation.imaging.containers.exif import EXIF_PREFIX, orientation_only

SIGNATURE = b"\xff\xd8\xff"
SOI, EOI, SOS, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP11, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEB, 0xEE, 0xEF
BARE = {SOI, EOI, 0x01, *range(0xD0, 0xD8)}  # markers without a segment
# Instead of a marker: the coded image, bytes between segments, bytes after EOI.
CODED, BETWEEN, BEHIND = -1, -2, -3
XMP = b"http://ns.adobe.com/xap/1.0/\0"
XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
SEGMENT_MAX = 0xFFFF - 2  # bytes of content
XMP_MAX = SEGMENT_MAX - len(XMP)
# APPn segments that determine the appearance.
SHOWN = {APP0: b"JFIF\0", APP2: b"ICC_PROFILE\0", APP14: b"Adobe"}
_MARKER = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
# 00 is stuffing, D0 to D7 restart the decoder.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with all its bytes: FF, marker, length 2, content. Together: the file.

    Raise Malformed for more than MAX_PARTS.
    """
    at, in_scan, has_scan, ended, count = 0, False, False, False, 0
    while not ended and (match := (_MARKER_IN_SCAN if in_scan else _MARKER).search(data, at)):
        if (count := count + 1) > MAX_PARTS:
            raise Malformed(f"more than {MAX_PARTS} segments")
        if match.start() > at:
            yield CODED if in_scan else BETWEEN, data[at : match.start()]
        marker, at = data[match.start() + 1], match.end()
        if marker not in BARE:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
        yield marker, data[match.start() : at]
        in_scan = marker == SOS
        has_scan |= in_scan
        # If the first view is damaged, decoders read on to the second, which may be behind an EOI.
        ended = marker == EOI and has_scan
    if at < len(data):
        yield CODED if in_scan else BEHIND, data[at:]


def xmp(data: bytes) -> bytes:
    return next(
        (
            _content(part)[len(XMP) :]
            for marker, part in segments(data)
            if _is(marker, part, APP1, XMP)
        ),
        b"",
    )


def has_c2pa(data: bytes) -> bool:
    """Return whether a JUMBF box is a C2PA manifest; it may go on in further segments."""
    return any(
        _is(marker, part, APP11, b"JP") and b"c2pa" in part for marker, part in segments(data)
    )


def with_notes(data: bytes, *, xmp: bytes) -> bytes:
    """Return the file with this XMP packet of at most XMP_MAX bytes instead of its own."""
    out, is_placed = [], False
    for marker, part in segments(data):
        if _is(marker, part, APP1, XMP) or _is(marker, part, APP1, XMP_EXTENSION):
            continue
        # JFIF and EXIF must come first.
        if not (is_placed or marker in (SOI, APP0) or _is(marker, part, APP1, EXIF_PREFIX)):
            out.append(_segment(APP1, XMP + xmp))
            is_placed = True
        out.append(part)
    return b"".join(out)


def without_notes(data: bytes, *, xmp: bytes) -> bytes:
    """Return the file with this XMP packet of at most XMP_MAX bytes and no other metadata.

    From the first scan to the end of the image nothing is removed: decoders repair damage in
    different ways, so one byte less may change the image.
    """
    out: list[bytes] = []
    exif, in_image = b"", False
    for marker, part in segments(data):
        in_image = marker != BEHIND and (in_image or marker == SOS)
        if not in_image and _is(marker, part, APP1, EXIF_PREFIX):
            exif = exif or orientation_only(_content(part)[len(EXIF_PREFIX) :])
        elif in_image or _is_shown(marker, part):
            out.append(part)
    # JFIF, if present, must come first.
    at = 2 if len(out) > 1 and out[1].startswith(bytes([0xFF, APP0])) else 1
    notes = [_segment(APP1, EXIF_PREFIX + exif)] if exif else []
    return b"".join([*out[:at], *notes, _segment(APP1, XMP + xmp), *out[at:]])


def _is_shown(marker: int, part: bytes) -> bool:
    if marker in (BETWEEN, BEHIND, COMMENT):
        return False
    if APP0 <= marker <= APP15:
        return marker in SHOWN and _content(part).startswith(SHOWN[marker])
    return True


def _is(marker: int, part: bytes, wanted: int, start: bytes) -> bool:
    return marker == wanted and _content(part).startswith(start)


def _content(part: bytes) -> bytes:
    return part[4:]


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
