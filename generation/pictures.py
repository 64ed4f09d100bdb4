"""From a provider's bytes to what we keep: checked, with its parameters inside, a thumbnail, a placeholder, a hash."""

import base64
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import thumbhash
from PIL import Image as Pillow
from PIL import ImageOps

from generation.runpod.picture import check_picture

THUMBNAIL_SIDE = 768  # px: a wide picture in a row of the gallery is some 660 across; 512 looked soft, 768 costs 5 ms
LARGE_SIDE = 1536  # px: that row on a screen with two pixels to one. Mean of a day's pictures: 52 kB, the PNG 1436
LARGE_FROM = 960  # px of the long side: below, the thumbnail is nearly as sharp
PLACEHOLDER_SIDE = 32
WEBP_QUALITY = 90
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER_LENGTH = 33  # signature, then the IHDR chunk: length 4, type 4, data 13, CRC 4


@dataclass(frozen=True)
class Picture:
    """A picture ready to be kept: the file's `data` with its facts, smaller copies (WebP), `placeholder` (thumbhash).

    There is no copy below the thumbnail: one of 360 px has 7 kB instead of 20, but only screens with one pixel to one
    would take it, and then load the thumbnail too where a page shows it larger.
    """

    data: bytes
    content_type: str
    width: int
    height: int
    sha256: str
    thumbnail: bytes
    large: bytes  # none where it would not be sharper than the thumbnail
    placeholder: str


def prepare(data: bytes, *, parameters: Mapping[str, Any] | None = None) -> Picture:
    """Return the picture to keep; a PNG gets `parameters` written into it.

    Raises:
        generation.runpod.picture.NotAPicture: the bytes cannot be decoded as an allowed picture.
    """
    info = check_picture(data)
    if parameters and info.content_type == "image/png":
        data = with_text(data, {"Software": "ArtGen", "parameters": json.dumps(parameters, ensure_ascii=False)})
    with Pillow.open(io.BytesIO(data)) as opened:
        opened.draft("RGB", (LARGE_SIDE, LARGE_SIDE))
        small = ImageOps.exif_transpose(opened).convert("RGBA" if "A" in opened.getbands() else "RGB")
    large = b""
    if max(small.size) >= LARGE_FROM:
        small.thumbnail((LARGE_SIDE, LARGE_SIDE), Pillow.Resampling.LANCZOS)
        large = _webp(small)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Pillow.Resampling.LANCZOS)
    return Picture(
        data=data,
        content_type=info.content_type,
        width=info.width,
        height=info.height,
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=_webp(small),
        large=large,
        placeholder=_placeholder(small),
    )


def width_within(side: int, *, width: int, height: int) -> int:
    """Return how wide a picture of this size is, in px, made to fit a square of this side; never wider than it was."""
    return max(1, round(width * min(1, side / max(width, height))))


def as_webp(data: bytes) -> bytes:
    """Return the picture as WebP, a tenth of a PNG's size and hard to tell from it.

    Raises:
        OSError: the bytes cannot be decoded.
    """
    with Pillow.open(io.BytesIO(data)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA" if "A" in opened.getbands() else "RGB")
    file = io.BytesIO()
    upright.save(file, "WEBP", quality=WEBP_QUALITY, method=4)
    return file.getvalue()


def with_text(png: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the PNG with iTXt chunks behind its header, its pixels untouched.

    Source: https://www.w3.org/TR/png-3/#11iTXt
    """
    chunks = b"".join(
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")) for key, text in texts.items()
    )
    return png[:PNG_HEADER_LENGTH] + chunks + png[PNG_HEADER_LENGTH:]


def _webp(image: Pillow.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=82, method=2)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _placeholder(image: Pillow.Image) -> str:
    """Return the thumbhash, base64. Made of a tiny copy: of the full picture it takes a second."""
    tiny = image.convert("RGBA")
    tiny.thumbnail((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE))
    code = thumbhash.rgba_to_thumb_hash(tiny.width, tiny.height, list(tiny.tobytes()))
    return base64.b64encode(bytes(code)).decode()
