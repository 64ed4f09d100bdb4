"""Counts of images for the sidebar, the months of a page, and search results.

A user may have 100,000 images. So a page that shows everything is its own count, of other pages
only the months at both ends are counted, and all counts of a page are one query answered by
indexes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, QuerySet

from accounts.models import User
from artgen.database.compiled_queries import CompiledQuery
from generation.gallery.image_filters import MADE_LOOKUPS, ImageFilters, made, made_bounds
from generation.gallery.search import SearchResult
from generation.models import Counted, Image, ImageQuerySet
from generation.models.images import trash_begins
from generation.views.gallery import date_filter
from generation.views.gallery.grid import GridPage

SECTIONS = ("kept", "favorites", "trashed")  # in the order of `_sections`


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
    return _counts(_count_all(user.id))


def of_page(user: User, wanted: ImageFilters, result: SearchResult, *, page: GridPage) -> Counts:
    """Return all counts of a page of search results, in one query."""
    if wanted.is_everything:
        counted = _count_all(user.id, months=page.cut_months)
        counted["results"] = counted["kept"]
    else:
        groups = _months(result, page)
        if not (page.is_all or result.are_many):
            groups["results"] = result.images
        counted = _count(groups, sections_of=user) if groups else _count_all(user.id)
    if page.is_all:
        counted["results"] = len(page.tiles)
    return replace(
        _counts(counted), results=counted.get("results"), months=_by_month(counted, result, page)
    )


def of_months(result: SearchResult, *, page: GridPage) -> Mapping[date, int]:
    """Return the counts of the page's months, in at most one query."""
    groups = _months(result, page)
    return _by_month(_count(groups) if groups else {}, result, page)


def _counts(counted: Mapping[str, int]) -> Counts:
    return Counts(kept=counted["kept"], favorites=counted["favorites"], trashed=counted["trashed"])


def _sections(user: Expression, *, trash_since: Any) -> dict[str, ImageQuerySet]:
    own = Image.objects.of(user)
    return {
        "kept": own.kept(),
        "favorites": own.kept().filter(favorite=True),
        "trashed": own.in_trash(since=trash_since),
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


def _count(
    groups: Mapping[str, ImageQuerySet], *, sections_of: User | None = None
) -> dict[str, int]:
    """Return the counts of these images, and of the sections of a user."""
    names, parts, values = list(groups), list[str](), list[Any]()
    for images in groups.values():
        sql, more = _ids_of(images)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 of querysets
        values += more
    statement = f"SELECT {', '.join(parts)}"
    if sections_of:
        sql, more = _compiled_count(0).statement(user=sections_of.id, trash_since=trash_begins())
        names, statement = [*names, *SECTIONS], f"{statement}, sections.* FROM ({sql}) AS sections"
        values += more
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(zip(names, cursor.fetchone(), strict=True))


def _ids_of(images: ImageQuerySet) -> tuple[str, Sequence[Any]]:
    try:
        sql, values = images.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT 1 WHERE FALSE", []
    return sql, values


def _count_all(user_id: UUID, *, months: Collection[date] = ()) -> dict[str, int]:
    """Return the counts of sections, and of these whole months without a filter."""
    bounds = {
        f"{lookup}_{n}": value
        for n, month in enumerate(months)
        for lookup, value in made_bounds(since=month, until=date_filter.last_of(month)).items()
    }
    query = _compiled_count(len(months))
    [row] = query.rows(user=user_id, trash_since=trash_begins(), **bounds)
    return dict(zip([*SECTIONS, *map(_name, months)], row, strict=True))


@lru_cache(maxsize=4)
def _compiled_count(months: int) -> CompiledQuery:
    def counts(user: Expression, trash_since: Any, **bounds: Expression) -> QuerySet[User, Any]:
        own = Image.objects.of(user).kept()
        groups = _sections(user, trash_since=trash_since)
        for n in range(months):
            groups[f"month_{n}"] = own.filter(
                **{lookup: bounds[f"{lookup}_{n}"] for lookup in MADE_LOOKUPS}
            )
        counts = [Counted(images.order_by().values("id")) for images in groups.values()]
        return User.objects.filter(id=user).values_list(*counts)

    return CompiledQuery(counts)


def _name(month: date) -> str:
    return f"month_{month:%Y_%m}"
