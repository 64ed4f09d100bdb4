"""Check that bytes are an image, by decoding all of it."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 50_000_000  # the largest model on offer makes 17 million
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class InvalidImage(ValueError):
    """The bytes are not a PNG, JPEG or WebP image, or it is broken, animated or too large."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """Properties of an image file, read from the file."""

    width: int  # pixels, as stored: an orientation tag is not applied
    height: int
    format: str  # PNG, JPEG or WEBP
    content_type: str


def check_image(data: bytes, *, max_pixels: int = MAX_PIXELS) -> ImageInfo:
    """Return an image's properties after decoding every pixel. Raises InvalidImage."""
    return decode(data, max_pixels=max_pixels)[0]


def decode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, enough: int | None = None
) -> tuple[ImageInfo, Image.Image]:
    """Return an image's properties and its pixels; the orientation tag is not applied.

    A JPEG larger than `enough` px a side may be scaled down to half, a quarter or an eighth, but
    not below `enough`. All of its bytes are decoded then, too, in less time. Raises InvalidImage.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(CONTENT_TYPES))
        width, height = image.size
        if width * height > max_pixels:
            raise InvalidImage(f"{width}×{height} pixels are more than {max_pixels}")
        # Cameras store a second view behind a JPEG, which Pillow then calls MPO.
        form = "JPEG" if image.format == "MPO" else image.format
        if form not in CONTENT_TYPES:
            raise InvalidImage(f"{form} is neither PNG, JPEG nor WebP")
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise InvalidImage("an animation is not supported")
        if enough:
            image.draft(None, (enough, enough))
        image.load()
    except InvalidImage:
        raise
    except UnidentifiedImageError as error:
        raise InvalidImage("neither PNG, JPEG nor WebP") from error
    except Exception as error:  # decoders raise anything for malicious bytes
        raise InvalidImage(f"cannot be decoded: {type(error).__name__}: {error}"[:300]) from error
    return ImageInfo(
        width=width, height=height, format=form, content_type=CONTENT_TYPES[form]
    ), image
