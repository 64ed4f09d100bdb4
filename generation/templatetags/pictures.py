"""Template tags of pictures in lists: `{% load pictures %}`."""

from typing import Any

from django import template

from generation import storage
from generation.models import Image
from generation.pictures import LARGE_SIDE, THUMBNAIL_SIDE, width_within

STRETCHED = 1.25  # how far a justified row is stretched in the mean
# How wide a picture stands there, as `sizes` says it. The strips of the stylesheets: two or four cards beside the form.
NARROW = "(max-width: 760px) calc(50vw - 15px), (max-width: 1100px) calc(50vw - 204px)"
PLACES = {
    "feed": f"{NARROW}, (max-width: 1232px) calc(50vw - 240px), calc(25vw - 124px)",
    "feed-wide": f"{NARROW}, (max-width: 1751px) calc(50vw - 240px), calc(25vw - 124px)",
    "alone": "(max-width: 760px) 100vw, 50vw",
    "compared": "50vw",
}
ROWS = {"row": (132, 208), "row-tall": (150, 264)}  # px of height: on phones, elsewhere

register = template.Library()


@register.inclusion_tag("generation/_picture.html")
def picture(
    image: Image, *, place: str, alt: str = "", eager: bool = False, name: str = "card-picture"
) -> dict[str, Any]:
    """Draw the picture's copies as one `<img>`; `place` is one of PLACES or ROWS, `eager` for the first screen.

    The browser takes the sharper copy only where it shows. Lists never load the picture itself.
    """
    return {
        "image": image,
        "alt": alt,
        "name": name,
        "eager": eager,
        "address": storage.url(image.thumbnail_key),
        "copies": _copies(image),
        # What lies below the first screen is measured by the browser itself, where it can.
        "sizes": _sizes(image, place) if eager else f"auto, {_sizes(image, place)}",
    }


@register.inclusion_tag("generation/_framed.html")
def framed(image: Image, *, url: str, alt: str, seconds: int | None = None, again: str = "") -> dict[str, Any]:
    """Draw the picture itself, at `url`, in the frame of its page; phones get a copy, which is a tenth as heavy.

    `seconds` is how long the copies' addresses work (0: there are none to be told), `again` an address to fall back on.
    """
    return {"image": image, "url": url, "alt": alt, "again": again, "copies": _copies(image, seconds=seconds)}


def _copies(image: Image, *, seconds: int | None = None) -> list[tuple[str, int]]:
    """Return address and width in px of the smaller copies, where there is more than one."""
    if not image.large_key or seconds == 0:
        return []
    copies = [(image.thumbnail_key, THUMBNAIL_SIDE), (image.large_key, LARGE_SIDE)]
    return [
        (storage.url(key, seconds=seconds), width_within(side, width=image.width, height=image.height))
        for key, side in copies
    ]


def _sizes(image: Image, place: str) -> str:
    if place not in ROWS:
        return PLACES[place]
    narrow, wide = (round(STRETCHED * height * image.width / image.height) for height in ROWS[place])
    return f"(max-width: 760px) {narrow}px, {wide}px"
