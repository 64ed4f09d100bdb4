"""Counts of images for the sidebar, the months of a page, and search results.

A user may have 100,000 images. So a page that shows everything is its own count, of other pages
only the months at both ends are counted, and all counts of a page are one query answered by
indexes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.models import User
from generation.gallery.image_filters import ImageFilters, made
from generation.gallery.search import SearchResult
from generation.models import Counted, Image, ImageQuerySet
from generation.views.gallery import date_filter
from generation.views.gallery.grid import GridPage


@dataclass(frozen=True)
class Counts:
    """`results` is None and `months` is empty if there are too many to count."""

    kept: int
    favorites: int
    trashed: int
    results: int | None = None
    months: Mapping[date, int] = field(default_factory=dict)


def of_sections(user: User) -> Counts:
    """Return the counts of the sidebar, in one query."""
    return Counts(**_count(user, _sections(user)))


def of_page(user: User, wanted: ImageFilters, result: SearchResult, *, page: GridPage) -> Counts:
    """Return all counts of a page of search results, in one query."""
    sections = _sections(user)
    groups = sections | _months(result, page)
    is_counted = not (wanted.is_everything or page.is_all or result.are_many)
    counted = _count(user, groups | ({"results": result.images} if is_counted else {}))
    results = counted["kept"] if wanted.is_everything else counted.get("results")
    return Counts(
        **{name: counted[name] for name in sections},
        results=len(page.tiles) if page.is_all else results,
        months=_by_month(counted, result, page),
    )


def of_months(user: User, result: SearchResult, *, page: GridPage) -> Mapping[date, int]:
    """Return the counts of the page's months, in at most one query."""
    groups = _months(result, page)
    return _by_month(_count(user, groups) if groups else {}, result, page)


def _sections(user: User) -> dict[str, ImageQuerySet]:
    own = Image.objects.of(user)
    return {
        "kept": own.kept(),
        "favorites": own.kept().filter(favorite=True),
        "trashed": own.in_trash(),
    }


def _months(result: SearchResult, page: GridPage) -> dict[str, ImageQuerySet]:
    months = set() if result.are_many else page.cut_months
    return {
        _name(month): result.images.filter(made(since=month, until=date_filter.last_of(month)))
        for month in months
    }


def _by_month(
    counted: Mapping[str, int], result: SearchResult, page: GridPage
) -> Mapping[date, int]:
    if result.are_many:
        return {}
    return {month: counted.get(_name(month), len(tiles)) for month, tiles in page.months.items()}


def _count(user: User, groups: Mapping[str, ImageQuerySet]) -> dict[str, Any]:
    counts = [Counted(images.order_by().values("id")) for images in groups.values()]
    [row] = User.objects.filter(id=user.id).values_list(*counts)
    return dict(zip(groups, row, strict=True))


def _name(month: date) -> str:
    return f"month_{month:%Y_%m}"
