"""How many pictures there are, for the places beside the grid, the months on it, and what was found.

A user may have 100,000 pictures: whatever can be counted in one pass over their index is, the rest up to a limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from generation.finding import Wanted
from generation.models import Image, ImageQuerySet
from generation.search import Found


@dataclass(frozen=True)
class Tally:
    """`found` is None and `months` empty where there is too much to count."""

    kept: int
    favorites: int
    trashed: int
    found: int | None
    months: Mapping[date, int]


def of_places(user: Any) -> Tally:
    """Return what the places hold, in two queries; everything kept is found."""
    return of_page(user, Wanted(), Found(Image.objects.of(user).kept()), months=[])


def of_page(user: Any, wanted: Wanted, found: Found, *, months: Sequence[date]) -> Tally:
    """Return all there is to count on a page that shows pictures of these months, in at most three queries."""
    kept = Image.objects.of(user).kept()
    places = {"kept": Count("id"), "favorites": Count("id", filter=Q(favorite=True))}
    trashed = Image.objects.of(user).in_trash().count()
    if wanted.is_plain:
        counted = kept.aggregate(**places, **_counts(months, within=wanted.condition))
    elif found.are_many:
        counted = kept.aggregate(**places) | {"found": None}
    else:
        counted = kept.aggregate(**places) | found.images.aggregate(**_counts(months))
    return Tally(
        kept=counted["kept"],
        favorites=counted["favorites"],
        trashed=trashed,
        found=counted["found"],
        months=_by_month(counted, months),
    )


def of_months(found: Found, *, months: Sequence[date]) -> Mapping[date, int]:
    """Return how many of the pictures were made in each of the months, in one query; nothing for too many."""
    if found.are_many or not months:
        return {}
    since, until = _begins(min(months)), _begins(_next(max(months)))
    of_these: ImageQuerySet = found.images.filter(created_at__gte=since, created_at__lt=until)
    return _by_month(of_these.aggregate(**_counts(months)), months)


def _counts(months: Sequence[date], *, within: Q = Q()) -> dict[str, Count]:  # noqa: B008
    made_in = {f"month_{month:%Y_%m}": _made_in(month) for month in months}
    return {name: Count("id", filter=asked & within) for name, asked in {"found": Q(), **made_in}.items()}


def _by_month(counted: Mapping[str, Any], months: Sequence[date]) -> Mapping[date, int]:
    return {month: counted[name] for month in months if (name := f"month_{month:%Y_%m}") in counted}


def _made_in(month: date) -> Q:
    return Q(created_at__gte=_begins(month), created_at__lt=_begins(_next(month)))


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _begins(month: date) -> datetime:
    return timezone.make_aware(datetime(month.year, month.month, 1))
