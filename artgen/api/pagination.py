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

Position = tuple[Any, ...]


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Za-z0-9_=:-]+$", "maxLength": QUERY_MAX_LENGTH}
)
class Cursor(serializers.Field[Any, Any, Any, Any]):
    """One row's position in a list."""

    def to_internal_value(self, data: object) -> Any:
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


@dataclass(frozen=True)
class PageOrder:
    """In which order a page is read: from a position on, older or newer rows, nearest first."""

    by: tuple[str, ...]
    newer: bool
    limit: int
    whole: Callable[[], QuerySet[Any, Any]] | None = None

    def page(self, rows: QuerySet[Any, Any], *, position: Position | None) -> QuerySet[Any, Any]:
        """Return the rows of the page and one more."""
        if position:
            rows = rows.filter(_beyond(self.by, position, newer=self.newer))
        order = [name if self.newer else f"-{name}" for name in self.by]
        page = rows.order_by(*order)[: self.limit + 1]
        if self.whole is None:
            return page
        return self.whole().filter(pk__in=page.values("pk")).order_by(*order)


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
    direction, position = _read(query.get("cursor"), by=by, salt=salt)
    order = PageOrder(tuple(by), newer=direction == NEWER, limit=limit, whole=whole)
    read: list[Any]
    if isinstance(rows, FixedList):
        compiled = _compiled(rows.build, rows.columns, order, position is None)
        from_position = zip(_position_names(by), position, strict=True) if position else ()
        read = compiled.rows(**rows.values, **dict(from_position))
    else:
        read = list(order.page(rows, position=position))
    shown, more = read[:limit], len(read) > limit
    if order.newer:
        shown.reverse()
    has_next, has_previous = (True, more) if order.newer else (more, position is not None)
    address = remove_query_param(request.build_absolute_uri(), "cursor")

    def beside(row: Row, direction: str) -> str:
        return replace_query_param(address, "cursor", _write(row, direction, by=by, salt=salt))

    return shown, {
        "next": beside(shown[-1], OLDER) if shown and has_next else None,
        "previous": beside(shown[0], NEWER) if shown and has_previous else None,
    }


@lru_cache(maxsize=200)
def _compiled(
    build: Callable[..., QuerySet[Any, Any]],
    columns: tuple[str, ...],
    order: PageOrder,
    is_first: bool,
) -> CompiledQuery:
    """Return the pages of a `FixedList`, compiled."""

    def page(**values: Any) -> QuerySet[Any, Any]:
        names = () if is_first else _position_names(order.by)
        position = tuple(values.pop(name) for name in names)
        return order.page(build(**values), position=position or None)

    return CompiledQuery(page, names=columns)


def _position_names(by: Sequence[str]) -> list[str]:
    return [f"position_{name}" for name in by]


def _read(cursor: str | None, *, by: Sequence[str], salt: str) -> tuple[str, Position | None]:
    if cursor is None:
        return OLDER, None
    try:
        direction, *position = signing.Signer(salt=salt).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise invalid("cursor", "invalid", _("Invalid cursor.")) from error
    texts = zip(by, position, strict=True)
    return direction, tuple(
        UUID(text) if name == "id" else datetime.fromisoformat(text) for name, text in texts
    )


def _write(row: object, direction: str, *, by: Sequence[str], salt: str) -> str:
    values = (getattr(row, name) for name in by)
    position = [
        value.isoformat() if isinstance(value, datetime) else str(value) for value in values
    ]
    return signing.Signer(salt=salt).sign_object([direction, *position])


def _beyond(by: Sequence[str], position: Position, *, newer: bool) -> Q:
    """Return the condition that a row comes after the position, comparing column by column."""
    towards = "gt" if newer else "lt"
    first, rest = by[0], by[1:]
    beyond = Q(**{f"{first}__{towards}": position[0]})
    return (
        beyond | (Q(**{first: position[0]}) & _beyond(rest, position[1:], newer=newer))
        if rest
        else beyond
    )
