"""Cursor pagination, newest first: new rows neither repeat nor hide results on later pages.

A cursor holds one row's values of the columns that order the list, signed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from artgen.api.inputs import QUERY_MAX_LENGTH, Query, QueryNumber
from artgen.api.json_types import PageLinks
from artgen.api.problems import invalid
from artgen.database.compiled_queries import CompiledQuery

LIMIT_DEFAULT = 20
MAX_LIMIT = 100
OLDER, NEWER = "o", "n"

Place = tuple[Any, ...]


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Za-z0-9_=:-]+$", "maxLength": QUERY_MAX_LENGTH}
)
class Cursor(serializers.Field[Any, Any, Any, Any]):
    """One row's place in a list."""

    def to_internal_value(self, data: Any) -> Any:
        """Return it as it is; `page_of` reads it."""
        return data


class PageQuery(Query):
    """The place of a page in its list."""

    limit = QueryNumber(
        default=LIMIT_DEFAULT, min_value=1, max_value=MAX_LIMIT, help_text="Results per page."
    )
    cursor = Cursor(required=False, help_text="Cursor from `next` or `previous`.")


@dataclass(frozen=True)
class FixedList:
    """A list that differs between requests in `values` alone: its pages are compiled once.

    `build` returns the queryset for these values, which `CompiledQuery` describes. It and `whole`
    of `page_of` are functions of a module, because they are remembered.
    """

    model: type[Model]
    build: Callable[..., QuerySet[Any, Any]]
    values: Mapping[str, Any]
    columns: tuple[str, ...]


def page_of[Row](
    request: Request,
    rows: QuerySet[Any, Row] | FixedList,
    query: Mapping[str, Any],
    *,
    by: Sequence[str] = ("id",),
    whole: Callable[[], QuerySet[Any, Any]] | None = None,
) -> tuple[list[Any], PageLinks]:
    """Return the rows of the page at `limit` and `cursor` of a `PageQuery`, in one database query.

    `by` names the columns, all descending, the last one unique. `whole` fetches by id what `rows`
    finds, so that the list itself can be read from an index. Both can give named rows. Raise
    Problem for an invalid cursor.
    """
    salt = f"{rows.model._meta.label}:{','.join(by)}"
    limit: int = query["limit"]
    direction, place = _read(query.get("cursor"), by=by, salt=salt)
    newer = direction == NEWER
    some: list[Any]
    if isinstance(rows, FixedList):
        compiled = _compiled(
            rows.build, rows.columns, whole, tuple(by), place is None, newer, limit
        )
        from_place = zip(_place_names(by), place, strict=True) if place else ()
        some = compiled.rows(**rows.values, **dict(from_place))
    else:
        some = list(_page(rows, by=by, place=place, newer=newer, limit=limit, whole=whole))
    shown, more = some[:limit], len(some) > limit
    if newer:
        shown.reverse()
    has_next, has_previous = (True, more) if newer else (more, place is not None)
    address = remove_query_param(request.build_absolute_uri(), "cursor")

    def beside(row: Row, direction: str) -> str:
        return replace_query_param(address, "cursor", _write(row, direction, by=by, salt=salt))

    return shown, {
        "next": beside(shown[-1], OLDER) if shown and has_next else None,
        "previous": beside(shown[0], NEWER) if shown and has_previous else None,
    }


def _page(
    rows: QuerySet[Any, Any],
    *,
    by: Sequence[str],
    place: Place | None,
    newer: bool,
    limit: int,
    whole: Callable[[], QuerySet[Any, Any]] | None,
) -> QuerySet[Any, Any]:
    """Return the rows of the page, nearest to its place first, and one more."""
    found = rows.filter(_beyond(by, place, newer=newer)) if place else rows
    order = [name if newer else f"-{name}" for name in by]
    page = found.order_by(*order)[: limit + 1]
    return page if whole is None else whole().filter(pk__in=page.values("pk")).order_by(*order)


@lru_cache(maxsize=200)
def _compiled(
    build: Callable[..., QuerySet[Any, Any]],
    columns: tuple[str, ...],
    whole: Callable[[], QuerySet[Any, Any]] | None,
    by: tuple[str, ...],
    is_first: bool,
    newer: bool,
    limit: int,
) -> CompiledQuery:
    """Return `_page` of a `FixedList`, compiled."""

    def page(**values: Any) -> QuerySet[Any, Any]:
        place = None if is_first else tuple(values.pop(name) for name in _place_names(by))
        return _page(build(**values), by=by, place=place, newer=newer, limit=limit, whole=whole)

    return CompiledQuery(page, names=columns)


def _place_names(by: Sequence[str]) -> list[str]:
    return [f"place_{name}" for name in by]


def _read(cursor: str | None, *, by: Sequence[str], salt: str) -> tuple[str, Place | None]:
    if cursor is None:
        return OLDER, None
    try:
        direction, *place = signing.Signer(salt=salt).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise invalid("cursor", "invalid", _("Invalid cursor.")) from error
    texts = zip(by, place, strict=True)
    return direction, tuple(
        UUID(text) if name == "id" else datetime.fromisoformat(text) for name, text in texts
    )


def _write(row: Any, direction: str, *, by: Sequence[str], salt: str) -> str:
    values = (getattr(row, name) for name in by)
    place = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return signing.Signer(salt=salt).sign_object([direction, *place])


def _beyond(by: Sequence[str], place: Place, *, newer: bool) -> Q:
    """Return the condition that a row comes after the place, comparing column by column."""
    towards = "gt" if newer else "lt"
    first, rest = by[0], by[1:]
    beyond = Q(**{f"{first}__{towards}": place[0]})
    return (
        beyond | (Q(**{first: place[0]}) & _beyond(rest, place[1:], newer=newer))
        if rest
        else beyond
    )
