"""Share links of images and collections, as the API reads and writes them."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.urls import reverse
from rest_framework.request import Request

from artgen.api.shapes import read
from artgen.api.views import body_of
from generation.api import rate_limits
from generation.api.shapes_sharing import LinkShape
from generation.gallery import sharing
from generation.models import Collection, Image

SHARING_RATE = "120/m"

Owned = TypeVar("Owned", Image, Collection)


def change(request: Request, owned: Owned, share: Callable[..., Owned]) -> tuple[Owned, int]:
    """Create or change the link with `share`, as the body says; return also the status."""
    asked = read(LinkShape(data=body_of(request)))
    rate_limits.spend(request, group="share", rate=SHARING_RATE)
    had_link = owned.has_link and not asked["new"]
    changed = share(
        owned,
        until=sharing.until(days=asked.get("expires_in_days")),
        with_parameters=asked["with_parameters"],
        with_name=asked["with_name"],
        renew=asked["new"],
    )
    return changed, 200 if had_link else 201


def link_json(owned: Image | Collection, *, route: str) -> dict[str, Any]:
    """Return the link as JSON; `route` names its page."""
    slug = owned.link_slug if owned.has_link else None
    return {
        "url": address_of(slug, route=route) if slug else None,
        "expires_at": owned.link_until if slug else None,
        "with_parameters": bool(slug) and owned.link_parameters,
        "with_name": bool(slug) and owned.link_name,
    }


def address_of(slug: str, *, route: str) -> str:
    """Return the public URL of a link; `route` names its page."""
    return f"{settings.PUBLIC_URL}{reverse(route, args=[slug])}"
