"""Counts of images for the sidebar, the months of a page, and search results.

A user may have 100,000 images. So a page that shows everything is its own count, of other pages
only the months at both ends are counted, and all counts of a page are one query answered by
indexes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from accounts.models import User
from artgen.database.compiled_queries import CompiledQuery
from generation.gallery.filters import MADE_LOOKUPS, Wanted, made, made_bounds
from generation.gallery.search import Found
from generation.models import Counted, Image, ImageQuerySet
from generation.models.images import trash_begins
from generation.views.gallery import days
from generation.views.gallery.grid import Page

PLACES = ("kept", "favorites", "trashed")  # in the order of `_places`


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
    return _counts(_count_all(user))


def of_page(user: Any, wanted: Wanted, found: Found, *, page: Page) -> Counts:
    """Return all counts of a page of search results, in one query."""
    if wanted.is_everything:
        counted = _count_all(user, months=page.cut_months)
        counted["found"] = counted["kept"]
    else:
        asked = _places(user) | _months(found, page)
        if not (page.is_all or found.are_many):
            asked["found"] = found.images
        counted = _count(user, asked)
    if page.is_all:
        counted["found"] = len(page.tiles)
    return replace(
        _counts(counted), found=counted.get("found"), months=_by_month(counted, found, page)
    )


def of_months(user: Any, found: Found, *, page: Page) -> Mapping[date, int]:
    """Return the counts of the page's months, in at most one query."""
    asked = _months(found, page)
    return _by_month(_count(user, asked) if asked else {}, found, page)


def _counts(counted: Mapping[str, int]) -> Counts:
    return Counts(kept=counted["kept"], favorites=counted["favorites"], trashed=counted["trashed"])


def _places(user: Any, *, trash_since: Any = None) -> dict[str, ImageQuerySet]:
    own = Image.objects.of(user)
    return {
        "kept": own.kept(),
        "favorites": own.kept().filter(favorite=True),
        "trashed": own.in_trash(since=trash_since),
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
    [row] = _counted(user.id, asked)
    return dict(zip(asked, row, strict=True))


def _counted(user: Any, asked: Mapping[str, ImageQuerySet]) -> Any:
    counts = [Counted(images.order_by().values("id")) for images in asked.values()]
    return User.objects.filter(id=user).values_list(*counts)


def _count_all(user: Any, *, months: Collection[date] = ()) -> dict[str, int]:
    """Return the counts of places, and of these whole months without a filter."""
    bounds = {
        f"{lookup}_{n}": value
        for n, month in enumerate(months)
        for lookup, value in made_bounds(since=month, until=days.last_of(month)).items()
    }
    query = _compiled_count(len(months))
    [row] = query.rows(user=user.id, trash_since=trash_begins(), **bounds)
    return dict(zip([*PLACES, *map(_name, months)], row, strict=True))


@lru_cache(maxsize=4)
def _compiled_count(months: int) -> CompiledQuery:
    def counts(user: Any, trash_since: Any, **bounds: Any) -> Any:
        own = Image.objects.of(user).kept()
        asked = _places(user, trash_since=trash_since)
        for n in range(months):
            asked[f"month_{n}"] = own.filter(
                **{lookup: bounds[f"{lookup}_{n}"] for lookup in MADE_LOOKUPS}
            )
        return _counted(user, asked)

    return CompiledQuery(counts)


def _name(month: date) -> str:
    return f"month_{month:%Y_%m}"
