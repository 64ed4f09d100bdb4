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
PLACEHOLDER_SIDE = 32
WEBP_QUALITY = 90
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER_LENGTH = 33  # signature, then the IHDR chunk: length 4, type 4, data 13, CRC 4


@dataclass(frozen=True)
class Picture:
    """A picture ready to be kept: the file's `data` with its facts, `thumbnail` (WebP), `placeholder` (thumbhash)."""

    data: bytes
    content_type: str
    width: int
    height: int
    sha256: str
    thumbnail: bytes
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
        opened.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small = ImageOps.exif_transpose(opened).convert("RGBA" if "A" in opened.getbands() else "RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Pillow.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=82, method=2)
    return Picture(
        data=data,
        content_type=info.content_type,
        width=info.width,
        height=info.height,
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=file.getvalue(),
        placeholder=_placeholder(small),
    )


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


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _placeholder(image: Pillow.Image) -> str:
    """Return the thumbhash, base64. Made of a tiny copy: of the full picture it takes a second."""
    tiny = image.convert("RGBA")
    tiny.thumbnail((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE))
    code = thumbhash.rgba_to_thumb_hash(tiny.width, tiny.height, list(tiny.tobytes()))
    return base64.b64encode(bytes(code)).decode()
