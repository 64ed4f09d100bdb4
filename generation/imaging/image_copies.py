"""Turn an image from a provider into what is stored: the checked file, copies, placeholder."""

import base64
import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from PIL import Image

from generation.imaging import credentials, decoding_turn, label, metadata
from generation.imaging.containers.errors import Malformed
from generation.imaging.containers.exif import orientation
from generation.imaging.credentials import Claim
from generation.imaging.image_decoding import InvalidImage, decode

# px. A landscape image in a gallery row is about 660 wide; 512 looks soft, 768 costs 5 ms.
THUMBNAIL_SIDE = 768
# px, for that row on a screen with pixel ratio 2. Mean size: 52 kB instead of 1436 kB of the PNG.
LARGE_SIDE = 1536
LARGE_FROM = 960  # px of the longer side; below, the thumbnail is nearly as sharp
PLACEHOLDER_SIDE = 16  # px
# A third of the time of LANCZOS. The difference, 47 dB, is smaller than that of WebP, 39 dB.
SHRINKING = Image.Resampling.HAMMING
# Half the time of method 2 and quality 82 for the same size, 0.4 dB less. pyvips decodes and
# encodes slower than Pillow.
LARGE_ENCODING = {"quality": 79, "method": 0}
BAND = 256  # rows of the result that `within` makes at a time
THUMBNAIL_ENCODING = {"quality": 80, "method": 1}
PLACEHOLDER_ENCODING = {"quality": 40, "method": 4}
WEBP_QUALITY = 90
JPEG_QUALITY = 95
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transpose operation for each EXIF orientation."""


@dataclass(frozen=True)
class PreparedImage:
    """An image ready to be stored: the file, its properties, WebP copies, placeholder.

    There is no copy below the thumbnail. One of 360 px has 7 kB instead of 20 kB, but only screens
    with pixel ratio 1 would use it, and load the thumbnail as well where an image is shown larger.
    """

    data: bytes
    content_type: str
    width: int
    height: int
    sha256: str
    thumbnail: bytes
    large: bytes  # b"" if it would not be sharper than the thumbnail
    placeholder: str


def prepare(
    data: bytes, *, parameters: Mapping[str, Any] | None = None, shows_upload: bool = False
) -> PreparedImage:
    """Check the image, write `parameters` and source type into it, and make its copies.

    The file is decoded once. Its pixels are unchanged, and all of it if its maker has signed it;
    with ORIGIN_KEY, others are signed, without prompt. The smaller copies have XMP only, since a
    signature has 3 kB. With `shows_upload`, a model has changed what a person uploaded. Waits while
    this process decodes other images of many pixels.

    Raises:
        generation.imaging.image_decoding.InvalidImage: the bytes are not an allowed image.
    """
    try:
        kind = metadata.source_type_of(data)
        if shows_upload and kind == metadata.TRAINED:
            kind = metadata.COMPOSITE
        data = metadata.described(data, parameters=parameters, source_type=kind)
        mark = metadata.packet_of_copy(data, source_type=kind)
    except Malformed as error:
        raise InvalidImage(str(error)) from error
    claim = Claim(kind, timezone.now(), model=str((parameters or {}).get("model") or ""))
    with decoding_turn.alone():
        return _prepared(data, mark=mark, claim=claim)


def _prepared(data: bytes, *, mark: bytes, claim: Claim) -> PreparedImage:
    info, image = decode(data, enough=LARGE_SIDE)
    data = credentials.signed(data, claim)
    small = upright(image)
    large = b""
    if max(small.size) >= LARGE_FROM:
        small.thumbnail((LARGE_SIDE, LARGE_SIDE), SHRINKING)
        large = _webp(small, xmp=mark, **LARGE_ENCODING)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), SHRINKING)
    return PreparedImage(
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
    """Return the width in px of the image scaled down to fit a square of this side."""
    return max(1, round(width * min(1, side / max(width, height))))


def as_format(
    data: bytes,
    *,
    format: str,
    quality: int | None = None,
    side: int | None = None,
    keeps_parameters: bool = False,
    text: str = "",
    wait_seconds: float | None = None,
) -> bytes:
    """Return the image as "png", "jpeg" or "webp", with its source type.

    With `side`, scaled down to fit a square of this side; with `text`, which is drawn on it; with
    `keeps_parameters`, and the XMP of the file. Signed where we had signed the file. Without the
    XMP of a file that others have signed: what they sign is lost.

    Raises:
        InvalidImage: the bytes cannot be decoded.
        decoding_turn.TurnTimeout: this process decoded other images for more than `wait_seconds`.
    """
    claim, xmp = credentials.read(data), b""
    if keeps_parameters and (claim or not credentials.present(data)):
        xmp = metadata.packet_of(data)
    xmp = xmp or metadata.packet_of_copy(data, is_restated=claim is not None)
    with decoding_turn.alone(wait_seconds=wait_seconds):
        image = upright(decode(data)[1])
        image.info.clear()  # encoders would write parts of it
        if side:
            image.thumbnail((side, side), SHRINKING)
        if text:
            label.draw(image, text)
        file = io.BytesIO()
        if format == "webp":
            file.write(_webp(image, xmp=b"", quality=quality or WEBP_QUALITY, method=4))
        elif format == "jpeg":
            opaque = Image.new("RGBA", image.size, "white")
            opaque.alpha_composite(image.convert("RGBA"))
            opaque.convert("RGB").save(file, "JPEG", quality=quality or JPEG_QUALITY)
        else:
            image.save(file, "PNG", compress_level=4)
    copy = metadata.with_packet(file.getvalue(), xmp)
    return credentials.signed(copy, claim) if claim else copy


def upright(image: Image.Image) -> Image.Image:
    """Return the loaded image rotated by its EXIF orientation, as RGB or, with transparency, RGBA.

    Pillow's `exif_transpose` also rewrites the tags, which fails for some of them.
    """
    turn = TURNS.get(orientation(image.info.get("exif", b"")))
    if turn is not None:
        image = image.transpose(turn)
    return _with_few_bands(image)


def within(image: Image.Image, *, side: int) -> Image.Image:
    """Return the loaded image scaled down to fit a square of this side, as RGB or RGBA.

    The same pixels as `Image.thumbnail` with LANCZOS makes, in bands: at once, it would need two
    more copies of the image in memory, with a palette or transparency three.
    """
    scale = max(image.size) / side
    if scale <= 1:
        return image
    width, height = (max(1, round(length / scale)) for length in image.size)
    across, down = image.width / width, image.height / height
    margin = math.ceil(3 * down) + 1  # LANCZOS reads three pixels of the result to each side
    small = None
    for top in range(0, height, BAND):
        bottom = min(height, top + BAND)
        first = max(0, math.floor(top * down) - margin)
        last = min(image.height, math.ceil(bottom * down) + margin)
        band = _with_few_bands(image.crop((0, first, image.width, last)))
        part = band.resize(
            (width, bottom - top),
            Image.Resampling.LANCZOS,
            box=(0, top * down - first, width * across, bottom * down - first),
        )
        small = small or Image.new(part.mode, (width, height))
        small.paste(part, (0, top))
    assert small is not None  # noqa: S101 an image has a height
    small.info = dict(image.info)
    return small


def _with_few_bands(image: Image.Image) -> Image.Image:
    is_opaque = "A" not in image.getbands() and "transparency" not in image.info
    mode = "RGB" if is_opaque else "RGBA"
    return image if image.mode == mode else image.convert(mode)


def _webp(image: Image.Image, *, xmp: bytes, quality: int, method: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=method, xmp=xmp, exif=b"")
    return file.getvalue()


def _placeholder(image: Image.Image) -> str:
    """Return a tiny opaque copy as a data: URI of about 150 characters; transparency is gray."""
    tiny = image.copy()
    tiny.thumbnail((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE))
    opaque = Image.alpha_composite(Image.new("RGBA", tiny.size, "gray"), tiny.convert("RGBA"))
    data = _webp(opaque.convert("RGB"), xmp=b"", **PLACEHOLDER_ENCODING)
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
