"""Counts of images for the sidebar, the months of a page, and search results.

A user may have 100,000 images. So a page that shows everything is its own count, of other pages
only the months at both ends are counted, and all counts of a page are one query answered by
indexes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from accounts.models import User
from generation.gallery.filters import Wanted, made
from generation.gallery.search import Found
from generation.models import Counted, Image, ImageQuerySet
from generation.views import days
from generation.views.grid import Page


@dataclass(frozen=True)
class Counts:
    """`found` is None and `months` is empty if there are too many to count."""

    kept: int
    favorites: int
    trashed: int
    found: int | None = None
    months: Mapping[date, int] = field(default_factory=dict)


def of_places(user: Any) -> Counts:
    """Return the counts of the sidebar, in one query."""
    return _counts(_count(user, _places(user)))


def of_page(user: Any, wanted: Wanted, found: Found, *, page: Page) -> Counts:
    """Return all counts of a page of search results, in one query."""
    asked = _places(user) | _months(found, page)
    if not (page.is_all or found.are_many or wanted.is_everything):
        asked["found"] = found.images
    counted = _count(user, asked)
    if page.is_all:
        counted["found"] = len(page.tiles)
    elif wanted.is_everything:
        counted["found"] = counted["kept"]
    return replace(
        _counts(counted), found=counted.get("found"), months=_by_month(counted, found, page)
    )


def of_months(user: Any, found: Found, *, page: Page) -> Mapping[date, int]:
    """Return the counts of the page's months, in at most one query."""
    asked = _months(found, page)
    return _by_month(_count(user, asked) if asked else {}, found, page)


def _counts(counted: Mapping[str, int]) -> Counts:
    return Counts(kept=counted["kept"], favorites=counted["favorites"], trashed=counted["trashed"])


def _places(user: Any) -> dict[str, ImageQuerySet]:
    own = Image.objects.of(user)
    return {
        "kept": own.kept(),
        "favorites": own.kept().filter(favorite=True),
        "trashed": own.in_trash(),
    }


def _months(found: Found, page: Page) -> dict[str, ImageQuerySet]:
    months = set() if found.are_many else page.cut_months
    return {
        _name(month): found.images.filter(made(since=month, until=days.last_of(month)))
        for month in months
    }


def _by_month(counted: Mapping[str, int], found: Found, page: Page) -> Mapping[date, int]:
    if found.are_many:
        return {}
    return {month: counted.get(_name(month), len(tiles)) for month, tiles in page.months.items()}


def _count(user: Any, asked: Mapping[str, ImageQuerySet]) -> dict[str, int]:
    counts = {name: Counted(images.order_by().values("id")) for name, images in asked.items()}
    counted: Any = User.objects.filter(id=user.id).values(**counts).get()
    return dict(counted)


def _name(month: date) -> str:
    return f"month_{month:%Y_%m}"
