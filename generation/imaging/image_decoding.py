"""Check that bytes are an image: first its header, then every pixel by decoding it."""

import io
from dataclasses import dataclass

from PIL import Image, PngImagePlugin, UnidentifiedImageError

MAX_PIXELS = 50_000_000  # the largest model on offer makes 17 million
MAX_SCANS = 100  # of a JPEG; encoders write about ten, and each one costs a pass over all pixels
START_OF_SCAN = b"\xff\xda"
# Bytes of inflated text in a PNG. Pillow's default, 64 MB, fits into 64 kB of a file.
PngImagePlugin.MAX_TEXT_MEMORY = 8 * 1024 * 1024
Image.MAX_IMAGE_PIXELS = None  # limited below, with an error that says how many there are
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class InvalidImage(ValueError):
    """The bytes are not a PNG, JPEG or WebP image, or it is broken, animated or too large."""


class UnknownFormat(InvalidImage):
    """The bytes do not begin like a PNG, JPEG or WebP."""


class AnimatedImage(InvalidImage):
    """The image has several frames to be shown in turn."""


class TooManyPixels(InvalidImage):
    """The image has more pixels than allowed, as its header says; nothing was decoded."""

    def __init__(self, *, width: int, height: int, limit: int) -> None:
        super().__init__(f"{width}×{height} pixels are more than {limit}")
        self.width, self.height, self.limit = width, height, limit


@dataclass(frozen=True, slots=True)
class ImageInfo:
    width: int  # pixels, as stored: an orientation tag is not applied
    height: int
    format: str  # PNG, JPEG or WEBP
    content_type: str

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read_header(data: bytes, *, max_pixels: int = MAX_PIXELS) -> ImageInfo:
    """Return an image's properties without decoding pixels.

    Raises:
        TooManyPixels: it has more than `max_pixels`.
        InvalidImage: it is not an allowed image. The pixels may still be broken.
    """
    try:
        return _opened(data, max_pixels=max_pixels)[0]
    except InvalidImage:
        raise
    except Exception as error:  # decoders raise anything for malicious bytes
        raise _undecodable(error) from error


def decode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, enough: int | None = None
) -> tuple[ImageInfo, Image.Image]:
    """Return an image's properties and its pixels; the orientation tag is not applied.

    A JPEG larger than `enough` px a side may be scaled down to half, a quarter or an eighth, but
    not below `enough`. All of its bytes are decoded then, too, in less time. Raises InvalidImage,
    for too many pixels before anything is decoded.
    """
    try:
        info, image = _opened(data, max_pixels=max_pixels)
        if enough:
            image.draft(None, (enough, enough))
        image.load()
        image = _in_eight_bits(image)
    except InvalidImage:
        raise
    except Exception as error:
        raise _undecodable(error) from error
    return info, image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Return a gray image of 16 bits as one of 8: conversions of Pillow would cut it at 255."""
    if not image.mode.startswith("I"):
        return image
    image.info.pop("transparency", None)  # a tone of 16 bits
    return image.point(lambda tone: tone * (1 / 257)).convert("L")


def _opened(data: bytes, *, max_pixels: int) -> tuple[ImageInfo, Image.Image]:
    """Return an image's properties and the image, not yet decoded."""
    if data[8:12] == b"WEBP":  # Pillow reserves memory for the canvas when it opens one
        _check_pixels(_size_of_webp(data), max_pixels=max_pixels)
    image = Image.open(io.BytesIO(data), formats=tuple(CONTENT_TYPES))
    _check_pixels(image.size, max_pixels=max_pixels)
    # Cameras store a second view behind a JPEG, which Pillow then calls MPO.
    form = "JPEG" if image.format == "MPO" else image.format
    if form not in CONTENT_TYPES:
        raise UnknownFormat(f"{form} is neither PNG, JPEG nor WebP")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise AnimatedImage("an animation is not supported")
    if form == "JPEG" and data.count(START_OF_SCAN) > MAX_SCANS:
        raise InvalidImage(f"a JPEG of more than {MAX_SCANS} scans")
    width, height = image.size
    info = ImageInfo(width=width, height=height, format=form, content_type=CONTENT_TYPES[form])
    return info, image


def _size_of_webp(data: bytes) -> tuple[int, int]:
    """Return width and height of the canvas, or of the only image.

    Source: https://developers.google.com/speed/webp/docs/riff_container
    """
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return 1 + width, 1 + height
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (26, 28))
    return width & 0x3FFF, height & 0x3FFF


def _check_pixels(size: tuple[int, int], *, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixels(width=width, height=height, limit=max_pixels)


def _undecodable(error: Exception) -> InvalidImage:
    if isinstance(error, UnidentifiedImageError):
        return UnknownFormat("neither PNG, JPEG nor WebP")
    return InvalidImage(f"cannot be decoded: {type(error).__name__}: {error}"[:300])
