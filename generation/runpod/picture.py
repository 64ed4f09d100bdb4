"""Whether bytes are a picture: believed only after decoding all of it."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 50_000_000  # the largest model on offer draws 17 million
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class NotAPicture(ValueError):
    """The bytes are no PNG, JPEG or WebP, or one that is broken, animated or too large."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """Facts of a file, read from the file."""

    width: int  # pixels, as stored: an orientation tag is not applied
    height: int
    format: str  # PNG, JPEG or WEBP
    content_type: str


def check_picture(data: bytes, *, max_pixels: int = MAX_PIXELS) -> PictureInfo:
    """Return the facts of a picture after decoding every pixel of it. Raises NotAPicture."""
    return decode(data, max_pixels=max_pixels)[0]


def decode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, enough: int | None = None
) -> tuple[PictureInfo, Image.Image]:
    """Return the facts of a picture and its pixels, all decoded once, not turned by its orientation tag.

    A JPEG larger than `enough` px a side may come scaled down to half, a quarter or an eighth, but not below `enough`:
    all of its bytes are decoded then, too, in less time. Raises NotAPicture.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(CONTENT_TYPES))
        width, height = image.size
        if width * height > max_pixels:
            raise NotAPicture(f"{width}×{height} pixels are more than {max_pixels}")
        # Cameras store a second view behind a JPEG, which Pillow then calls MPO.
        form = "JPEG" if image.format == "MPO" else image.format
        if form not in CONTENT_TYPES:
            raise NotAPicture(f"{form} is neither PNG, JPEG nor WebP")
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise NotAPicture("an animation is no picture")
        if enough:
            image.draft(None, (enough, enough))
        image.load()
    except NotAPicture:
        raise
    except UnidentifiedImageError as error:
        raise NotAPicture("neither PNG, JPEG nor WebP") from error
    except Exception as error:  # decoders meet hostile bytes here and raise whatever they like
        raise NotAPicture(f"cannot be decoded: {type(error).__name__}: {error}"[:300]) from error
    return PictureInfo(
        width=width, height=height, format=form, content_type=CONTENT_TYPES[form]
    ), image
