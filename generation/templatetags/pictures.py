"""Template tags for images in lists: `{% load images %}`."""

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
from generation.views.cards import Card
from generation.views.explore import PublicTile
from generation.views.runs import Run
from generation.views.tiles import Tile

STRETCHED = 1.25  # the mean factor by which a justified row is stretched
# The width of an image in each place, for `sizes`. In the stylesheets, two or four cards stand
# beside the form.
NARROW = "(max-width: 760px) calc(50vw - 15px), (max-width: 1100px) calc(50vw - 204px)"
PLACES = {
    "feed": f"{NARROW}, (max-width: 1232px) calc(50vw - 240px), calc(25vw - 124px)",
    "feed-wide": f"{NARROW}, (max-width: 1751px) calc(50vw - 240px), calc(25vw - 124px)",
    "alone": "(max-width: 760px) 100vw, 50vw",
    "compared": "50vw",
    "tile": "(max-width: 760px) calc(25vw - 14px), (max-width: 1100px) 12vw, 9vw",
}
ROWS = {  # px of height: on phones, elsewhere
    "row": (132, 208),
    "row-small": (88, 132),
    "row-large": (264, 336),
    "row-tall": (150, 264),
}

register = template.Library()


@register.simple_tag
def picture(
    image: Image, *, place: str, alt: str = "", eager: bool = False, name: str = "card-picture"
) -> SafeString:
    """Render the image's copies as one `<img>`; `place` is one of PLACES or ROWS.

    `eager`: it is on the first screen. Lists never load the file itself.
    """
    address = storage.url(image.thumbnail_key)
    copies, loading = "", "" if eager else ' loading="lazy"'
    if image.large_key:
        # Below the first screen, browsers that can measure the image themselves.
        sizes = f"{'' if eager else 'auto, '}{_sizes(image, place)}"
        large = storage.url(image.large_key)
        small_width, large_width = (
            width_within(side, width=image.width, height=image.height)
            for side in (THUMBNAIL_SIDE, LARGE_SIDE)
        )
        copies = (
            f' srcset="{escape(address)} {small_width}w, {escape(large)} {large_width}w"'
            f' sizes="{sizes}"'
        )
    return mark_safe(
        f'<img class="{name}"{copies} src="{escape(address)}" alt="{escape(alt)}"'
        f' width="{image.width}"'
        f' height="{image.height}"{loading} decoding="async">'
    )


@register.simple_tag
def tiles(some: Sequence[Tile], *, eager: int = 0, place: str = "row") -> SafeString:
    """Render images of gallery or trash as list items, `eager` of them on the first screen.

    `place` is one of ROWS.
    """
    return rendered("generation/tiles.html", tiles=some, eager=eager, place=place, picture=picture)


@register.simple_tag(takes_context=True)
def public_tiles(context: Context, some: Sequence[PublicTile], *, eager: int = 0) -> SafeString:
    """Render public images as list items for the current user."""
    user_id = context["user"].pk
    return rendered(
        "generation/public_tiles.html", tiles=some, eager=eager, user_id=user_id, picture=picture
    )


@register.simple_tag(takes_context=True)
def runs(context: Context, some: Run | Sequence[Run], *, eager: bool = False) -> SafeString:
    """Render one or more runs of the feed; with `eager` the first is on the first screen."""
    several = [some] if isinstance(some, Run) else some
    return rendered("generation/runs.html", runs=several, eager=eager, **_of_cards(context))


@register.simple_tag(takes_context=True)
def card(context: Context, one: Card, *, place: str = "", eager: bool = False) -> SafeString:
    """Render the card of one job; `place` as in `picture`, by default that of the feed."""
    place = place or one.place
    return rendered(
        "generation/card.html", card=one, place=place, eager=bool(eager), **_of_cards(context)
    )


def _of_cards(context: Context) -> dict[str, Any]:
    token = context.get("csrf_token")
    return {
        "picture": picture,
        "csrf_input": SimpleLazyObject(
            lambda: format_html(
                '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token
            )
        ),
        "create": reverse("create"),
        "compare": reverse("compare"),
        "cancel": pgettext("job", "Cancel"),
    }


@register.inclusion_tag("generation/_framed.html")
def framed(
    image: Image, *, url: str, alt: str, seconds: int | None = None, fallback: str = ""
) -> dict[str, Any]:
    """Render the image at `url` in the frame of its page; phones get a smaller copy.

    `seconds`: lifetime of the copies' URLs (0: no copies); `fallback`: a URL that does not expire.
    """
    return {
        "image": image,
        "url": url,
        "alt": alt,
        "fallback": fallback,
        "srcset": _srcset(image, seconds=seconds),
    }


@register.inclusion_tag("generation/_picture_button.html")
def picture_button(
    of: str,
    name: str,
    label: str,
    *,
    icon: str,
    key: str = "",
    classes: str = "",
    toggles: bool = False,
) -> dict[str, Any]:
    """Render a round button on an image with `data-{of}="{name}"`, for the script of its viewer.

    The tooltip names the `key` that does the same; one that `toggles` is pressed or not.
    """
    return {
        "of": of,
        "name": name,
        "label": label,
        "icon_name": icon,
        "key": key,
        "classes": classes,
        "toggles": toggles,
    }


@register.inclusion_tag("generation/_edit_tool.html")
def edit_tool(name: str, label: str, *, icon: str, key: str) -> dict[str, Any]:
    """Render a tool of the editor, of which one is chosen."""
    return {"name": name, "label": label, "icon_name": icon, "key": key, "tool": True}


@register.inclusion_tag("generation/_edit_tool.html")
def edit_button(name: str, label: str, *, icon: str, key: str) -> dict[str, Any]:
    """Render a button of the editor that does something at once."""
    return {"name": name, "label": label, "icon_name": icon, "key": key, "tool": False}


def _srcset(image: Image, *, seconds: int | None = None) -> str:
    """Return the URLs and widths of the copies, "" if there is only one."""
    if not image.large_key or seconds == 0:
        return ""
    copies = [(image.thumbnail_key, THUMBNAIL_SIDE), (image.large_key, LARGE_SIDE)]
    return ", ".join(
        f"{storage.url(key, seconds=seconds)}"
        f" {width_within(side, width=image.width, height=image.height)}w"
        for key, side in copies
    )


def _sizes(image: Image, place: str) -> str:
    if place not in ROWS:
        return PLACES[place]
    narrow, wide = (
        round(STRETCHED * height * image.width / image.height) for height in ROWS[place]
    )
    return f"(max-width: 760px) {narrow}px, {wide}px"
