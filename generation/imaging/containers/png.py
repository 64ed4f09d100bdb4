"""PNG: a signature, then chunks.

Source: https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections.abc import Iterator, Mapping

from generation.imaging.containers.errors import MAX_PARTS, Malformed
from generation.imaging.containers.exif import orientation_only

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
SHOWN = {  # chunks that determine the appearance and the print size
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"),
    *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs"),
}
C2PA = b"caBX"  # a manifest, https://spec.c2pa.org/specifications/
XMP_MAX = 1024 * 1024  # bytes; more in a compressed chunk is an attack
REST = b""  # type of trailing bytes that are not a chunk


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and all bytes of each chunk: length 4, type 4, data, CRC 4.

    Joined, they are the file without its signature. The last chunk may be truncated and still have
    all pixels. Trailing bytes have the type REST. Raise Malformed for more than MAX_PARTS.
    """
    at, kind, count = len(SIGNATURE), REST, 0
    while at + 12 <= len(data) and kind != b"IEND":
        if (count := count + 1) > MAX_PARTS:
            raise Malformed(f"more than {MAX_PARTS} chunks")
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at : at + length + 12]
        at += length + 12
    if at < len(data):
        yield REST, data[at:]


def xmp(data: bytes) -> bytes:
    for kind, chunk in chunks(data):
        if kind == b"iTXt" and _keyword(chunk) == XMP_KEYWORD:
            # After the keyword: NUL, compression flag, method, language, NUL, translated keyword,
            # NUL, text.
            content = chunk[8 + len(XMP_KEYWORD) + 1 : -4]
            text = content[2:].split(b"\0", 2)[-1]
            return _inflated(text) if content[:1] == b"\1" else text
    return b""


def has_c2pa(data: bytes) -> bool:
    return any(kind == C2PA for kind, _chunk in chunks(data))


def with_notes(data: bytes, *, xmp: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the file with this XMP packet and these texts instead of those of the same names."""
    added = {
        XMP_KEYWORD: xmp,
        **{key.encode("latin-1"): text.encode() for key, text in texts.items()},
    }
    out = [SIGNATURE]
    for kind, chunk in chunks(data):
        if kind in TEXTS and _keyword(chunk) in added:
            continue
        out.append(chunk)
        if kind == b"IHDR":
            out += [_chunk(b"iTXt", key + b"\0\0\0\0\0" + text) for key, text in added.items()]
    return b"".join(out)


def without_notes(data: bytes, *, xmp: bytes) -> bytes:
    """Return the file with this XMP packet and no other metadata."""
    out = [SIGNATURE]
    for kind, chunk in chunks(data):
        if kind in SHOWN:
            out.append(chunk)
        elif kind == b"eXIf" and (exif := orientation_only(chunk[8:-4])):
            out.append(_chunk(b"eXIf", exif))
        if kind == b"IHDR":
            out.append(_chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + xmp))
    return b"".join(out)


def _keyword(chunk: bytes) -> bytes:
    return chunk[8 : 8 + 80].split(b"\0", 1)[0]


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, XMP_MAX)
    except zlib.error:
        return b""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
