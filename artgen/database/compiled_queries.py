"""Querysets of a fixed form, compiled to SQL once per process.

Django builds and compiles a queryset for each request. For a union or nested subqueries this takes
longer than the database needs to answer: it was a fourth of the CPU of a page.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Expression, QuerySet

Converter = tuple[int, Callable[..., Any], Any]
"""The position of a column, what converts its values, and the column's expression."""


class QueryParameter(Expression):
    """A value in a queryset that is given when the statement runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, _compiler: object, _connection: object) -> Any:
        """Return the placeholder, and this object in place of its value."""
        return "%s", [self]


class CompiledQuery:
    """A queryset of `values_list()` whose parameters are the arguments of `build`.

    The values are those that the database driver takes: a primary key, no model instance. They may
    be compared (`filter(id__lt=value)`), but decide nothing else: no `in`, no slice, no `if`.
    With `names`, one for each column, the rows are named tuples.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *, names: Sequence[str] = ()
    ) -> None:
        self._build = build
        self._row: Any = namedtuple("Row", names) if names else None

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows for these values, one for each argument of `build`."""
        form = compiled(self._build, tuple(values))
        with connection.cursor() as cursor:
            cursor.execute(
                form.sql,
                [
                    values[value.name] if isinstance(value, QueryParameter) else value
                    for value in form.values
                ],
            )
            rows: Iterable[tuple[Any, ...]] = cursor.fetchall()
        if form.converters:
            rows = (_converted(row, form.converters) for row in rows)
        return list(map(self._row._make, rows) if self._row else rows)


class Compiled(NamedTuple):
    """The SQL of a queryset, its values, with a `QueryParameter` for each argument, and what Django
    does with values from the driver, such as loading JSON.
    """

    sql: str
    values: tuple[Any, ...]
    converters: tuple[Converter, ...]


@lru_cache(maxsize=500)
def compiled(build: Callable[..., QuerySet[Any, Any]], names: tuple[str, ...]) -> Compiled:
    """Return the compiled queryset, whose arguments have these names."""
    form = build(**{name: QueryParameter(name) for name in names})
    compiler = form.query.get_compiler(connection=connection)
    sql, values = compiler.as_sql()
    columns = [expression for expression, *_ in compiler.select]
    converters = [
        (position, convert, expression)
        for position, (several, expression) in compiler.get_converters(columns).items()
        for convert in several
    ]
    return Compiled(sql, tuple(values), tuple(converters))


def _converted(row: Iterable[Any], converters: Iterable[Converter]) -> tuple[Any, ...]:
    values = list(row)
    for position, convert, expression in converters:
        values[position] = convert(values[position], expression, connection)
    return tuple(values)
