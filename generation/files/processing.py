"""From a provider's bytes to what we keep: checked, with its parameters inside, a thumbnail, a placeholder, a hash."""

import base64
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import thumbhash
from PIL import Image as Pillow

from generation.files import metadata
from generation.files.containers.errors import Malformed
from generation.files.containers.exif import orientation
from generation.runpod.image import InvalidImage, decode

THUMBNAIL_SIDE = 768  # px: a wide picture in a row of the gallery is some 660 across; 512 looked soft, 768 costs 5 ms
LARGE_SIDE = 1536  # px: that row on a screen with two pixels to one. Mean of a day's pictures: 52 kB, the PNG 1436
LARGE_FROM = 960  # px of the long side: below, the thumbnail is nearly as sharp
PLACEHOLDER_SIDE = (
    20  # px: enough for the 7 waves a side that a thumbhash holds; its cost grows with the square
)
SHRINKING = (
    Pillow.Resampling.HAMMING
)  # a third of LANCZOS' time; the difference, 47 dB, is below WebP's own, 39 dB
# Against method 2 and quality 82: half the time for the same bytes, 0.4 dB less. `generation.tests.bench_pictures`
# measures what it comes to. pyvips decodes and encodes slower than Pillow; only its shrinking is faster.
LARGE_ENCODING = {"quality": 79, "method": 0}
THUMBNAIL_ENCODING = {"quality": 80, "method": 1}
WEBP_QUALITY = 90
TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""What makes an image upright that has this orientation in EXIF."""


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
    """Return the picture to keep, which says how it was made, in `parameters` too; its pixels are the provider's.

    What is decoded, once, for the check and all copies, is the file as it will be kept.

    Raises:
        generation.runpod.image.InvalidImage: the bytes cannot be decoded as an allowed picture.
    """
    try:
        data = metadata.described(data, parameters=parameters)
    except Malformed as error:
        raise InvalidImage(str(error)) from error
    info, image = decode(data, enough=LARGE_SIDE)
    mark = metadata.packet(metadata.source_type_of(data))
    small = upright(image)
    large = b""
    if max(small.size) >= LARGE_FROM:
        small.thumbnail((LARGE_SIDE, LARGE_SIDE), SHRINKING)
        large = _webp(small, xmp=mark, **LARGE_ENCODING)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), SHRINKING)
    return Picture(
        data=data,
        content_type=info.content_type,
        width=info.width,
        height=info.height,
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=_webp(small, xmp=mark, **THUMBNAIL_ENCODING),
        large=large,
        placeholder=_placeholder(small),
    )


def width_within(side: int, *, width: int, height: int) -> int:
    """Return how wide a picture of this size is, in px, made to fit a square of this side; never wider than it was."""
    return max(1, round(width * min(1, side / max(width, height))))


def as_webp(data: bytes) -> bytes:
    """Return the picture as WebP, a tenth of a PNG's size and hard to tell from it; it says what the file says in XMP.

    Raises:
        OSError: the bytes cannot be decoded.
    """
    xmp = metadata.packet_of(data) or metadata.packet(metadata.TRAINED)
    with Pillow.open(io.BytesIO(data)) as opened:
        opened.load()
        return _webp(upright(opened), xmp=xmp, quality=WEBP_QUALITY, method=4)


def upright(image: Pillow.Image) -> Pillow.Image:
    """Return the loaded image turned by its orientation tag, as RGB, or RGBA where it has transparency of its own.

    Pillow's `exif_transpose` also writes the tags anew, which fails for some that a file may have.
    """
    turn = TURNS.get(orientation(image.info.get("exif", b"")))
    if turn is not None:
        image = image.transpose(turn)
    mode = "RGBA" if "A" in image.getbands() else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _webp(image: Pillow.Image, *, xmp: bytes, quality: int, method: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=method, xmp=xmp, exif=b"")
    return file.getvalue()


def _placeholder(image: Pillow.Image) -> str:
    """Return the thumbhash, base64. Made of a tiny copy: of the full picture it takes a second.

    What is transparent counts as gray: thumbhash 0.1.2 fails for transparency.
    """
    tiny = image.copy()
    tiny.thumbnail((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE))
    opaque = Pillow.alpha_composite(Pillow.new("RGBA", tiny.size, "gray"), tiny.convert("RGBA"))
    code = thumbhash.rgba_to_thumb_hash(opaque.width, opaque.height, list(opaque.tobytes()))
    return base64.b64encode(bytes(code)).decode()
