"""Template tags of pictures in lists: `{% load pictures %}`."""

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from artgen.frontend.jinja import rendered
from generation.files import storage
from generation.files.processing import LARGE_SIDE, THUMBNAIL_SIDE, width_within
from generation.models import Image
from generation.views.explore import PublicTile
from generation.views.feed import Card, Run
from generation.views.grid import Tile

STRETCHED = 1.25  # how far a justified row is stretched in the mean
# How wide a picture stands there, as `sizes` says it. The strips of the stylesheets: two or four
# cards beside the form.
NARROW = "(max-width: 760px) calc(50vw - 15px), (max-width: 1100px) calc(50vw - 204px)"
PLACES = {
    "feed": f"{NARROW}, (max-width: 1232px) calc(50vw - 240px), calc(25vw - 124px)",
    "feed-wide": f"{NARROW}, (max-width: 1751px) calc(50vw - 240px), calc(25vw - 124px)",
    "alone": "(max-width: 760px) 100vw, 50vw",
    "compared": "50vw",
}
ROWS = {"row": (132, 208), "row-tall": (150, 264)}  # px of height: on phones, elsewhere

register = template.Library()


@register.simple_tag
def picture(
    image: Image, *, place: str, alt: str = "", eager: bool = False, name: str = "card-picture"
) -> SafeString:
    """Draw the picture's copies as one `<img>`; `place` is one of PLACES or ROWS, `eager` for the first screen.

    The browser takes the sharper copy only where it shows. Lists never load the picture itself.
    """
    address = storage.url(image.thumbnail_key)
    copies, loading = "", "" if eager else ' loading="lazy"'
    if image.large_key:
        # What lies below the first screen is measured by the browser itself, where it can.
        sizes = f"{'' if eager else 'auto, '}{_sizes(image, place)}"
        large = storage.url(image.large_key)
        small_width, large_width = (
            width_within(side, width=image.width, height=image.height)
            for side in (THUMBNAIL_SIDE, LARGE_SIDE)
        )
        copies = f' srcset="{escape(address)} {small_width}w, {escape(large)} {large_width}w" sizes="{sizes}"'
    return mark_safe(
        f'<img class="{name}"{copies} src="{escape(address)}" alt="{escape(alt)}" width="{image.width}"'
        f' height="{image.height}"{loading} decoding="async">'
    )


@register.simple_tag
def tiles(some: Sequence[Tile], *, eager: int = 0) -> SafeString:
    """Draw pictures of the gallery or of the trash as list items; the first `eager` ones are on the first screen."""
    return rendered("generation/tiles.html", tiles=some, eager=eager, picture=picture)


@register.simple_tag(takes_context=True)
def public_tiles(context: Context, some: Sequence[PublicTile], *, eager: int = 0) -> SafeString:
    """Draw public pictures as list items, as the page's reader may see them."""
    user_id = context["user"].pk
    return rendered(
        "generation/public_tiles.html", tiles=some, eager=eager, user_id=user_id, picture=picture
    )


@register.simple_tag(takes_context=True)
def runs(context: Context, some: Run | Sequence[Run], *, eager: bool = False) -> SafeString:
    """Draw runs of the feed, or one; the cards of the first one are on the first screen if `eager`."""
    several = [some] if isinstance(some, Run) else some
    return rendered("generation/runs.html", runs=several, eager=eager, **_of_cards(context))


@register.simple_tag(takes_context=True)
def card(context: Context, one: Card, *, place: str = "", eager: bool = False) -> SafeString:
    """Draw the card of one job; `place` is that of `picture`, the feed where it is empty."""
    place = place or one.place
    return rendered(
        "generation/card.html", card=one, place=place, eager=bool(eager), **_of_cards(context)
    )


def _of_cards(context: Context) -> dict[str, Any]:
    """Return what the templates of cards need besides the cards."""
    token = context.get("csrf_token")
    return {
        "picture": picture,
        "csrf_input": SimpleLazyObject(
            lambda: format_html(
                '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token
            )
        ),
        "create": reverse("create"),
        "cancel": pgettext("job", "Cancel"),
    }


@register.inclusion_tag("generation/_framed.html")
def framed(
    image: Image, *, url: str, alt: str, seconds: int | None = None, again: str = ""
) -> dict[str, Any]:
    """Draw the picture itself, at `url`, in the frame of its page; phones get a copy, which is a tenth as heavy.

    `seconds` is how long the copies' addresses work (0: there are none to be told), `again` an
    address to fall back on.
    """
    return {
        "image": image,
        "url": url,
        "alt": alt,
        "again": again,
        "copies": _copies(image, seconds=seconds),
    }


def _copies(image: Image, *, seconds: int | None = None) -> list[tuple[str, int]]:
    """Return address and width in px of the smaller copies, where there is more than one."""
    if not image.large_key or seconds == 0:
        return []
    copies = [(image.thumbnail_key, THUMBNAIL_SIDE), (image.large_key, LARGE_SIDE)]
    return [
        (
            storage.url(key, seconds=seconds),
            width_within(side, width=image.width, height=image.height),
        )
        for key, side in copies
    ]


def _sizes(image: Image, place: str) -> str:
    if place not in ROWS:
        return PLACES[place]
    narrow, wide = (
        round(STRETCHED * height * image.width / image.height) for height in ROWS[place]
    )
    return f"(max-width: 760px) {narrow}px, {wide}px"
