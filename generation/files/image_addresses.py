"""The addresses of an image's copies."""

from typing import Protocol, TypedDict

from generation.files import storage
from generation.imaging.image_copies import LARGE_SIDE, THUMBNAIL_SIDE, width_within


class ImageAddresses(TypedDict):
    src: str
    large: str
    """"" if there is only one copy."""


class Copies(Protocol):
    """An image, or a row with these columns."""

    thumbnail_key: str
    large_key: str
    width: int
    height: int


def addresses_of(image: Copies) -> ImageAddresses:
    large = image.large_key and storage.url(image.large_key)
    return {"src": storage.url(image.thumbnail_key), "large": large}


def srcset(image: Copies, *, seconds: int | None = None) -> str:
    """Return the URLs and widths of the copies, "" if there is only one.

    `seconds`: lifetime of the URLs (0: no copies).
    """
    if not image.large_key or seconds == 0:
        return ""
    copies = [(image.thumbnail_key, THUMBNAIL_SIDE), (image.large_key, LARGE_SIDE)]
    return ", ".join(
        f"{storage.url(key, seconds=seconds)}"
        f" {width_within(side, width=image.width, height=image.height)}w"
        for key, side in copies
    )
