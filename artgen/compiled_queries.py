"""Querysets of a fixed form, compiled to SQL once per process.

Django builds and compiles a queryset for each request. For a union or nested subqueries this takes
longer than the database needs to answer: it was a fourth of the CPU of a page.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet


class Parameter(Expression):
    """A value in a queryset that is given when the statement runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> Any:
        """Return the placeholder, and this object in place of its value."""
        return "%s", [self]


class CompiledQuery:
    """A queryset of `values_list()` whose parameters are the arguments of `build`.

    The values are those that the database driver takes: a primary key, no model instance. They may
    be compared (`filter(id__lt=value)`), but decide nothing else: no `in`, no slice, no `if`.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows for these values, one for each argument of `build`."""
        if connection.vendor != "postgresql":  # its driver returns other types than the fields
            return list(self._build(**values))
        sql, bound = compiled(self._build, tuple(values))
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [values[one.name] if isinstance(one, Parameter) else one for one in bound]
            )
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


@lru_cache(maxsize=500)
def compiled(
    build: Callable[..., QuerySet[Any, Any]], names: tuple[str, ...]
) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of the queryset, and its values: a `Parameter` in place of each given one."""
    form = build(**{name: Parameter(name) for name in names})
    return form.query.sql_with_params()
