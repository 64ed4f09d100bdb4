"""Querysets of a fixed form, compiled to SQL once per process.

Django builds and compiles a queryset for each request. For a union or nested subqueries this takes
longer than the database needs to answer: it was a fourth of the CPU of a page.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, F, Func, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.query import get_related_populators

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


class Argument(Combinable):
    """What `build` gets for a parameter: a `QueryParameter`, once it is in the queryset."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __bool__(self) -> bool:
        """Refuse to decide which SQL is compiled: that would be one form for all values."""
        raise TypeError(f"A compiled query must not depend on the value of {self._name}.")

    def resolve_expression(self, *args: Any, **options: Any) -> Any:
        return QueryParameter(self._name).resolve_expression(*args, **options)


def is_any_of(column: str, values: Any) -> Func:
    """Return the condition that a column has one of these values: what `in` is to a parameter."""
    return Func(
        F(column),
        values,
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


class CompiledQuery:
    """A queryset whose parameters are the arguments of `build`.

    The values are those that the database driver takes: a primary key, no model instance. They may
    be compared (`filter(id__lt=value)`), but decide nothing else: no `in` (see `is_any_of`), no
    slice, no `if`.
    With `names`, one for each column, the rows are named tuples.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *, names: Sequence[str] = ()
    ) -> None:
        self._build = build
        self._row: Any = namedtuple("Row", names) if names else None

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows of `values_list()`, with a value for each argument of `build`."""
        rows = compiled(self._build, tuple(values)).rows(values)
        return list(map(self._row._make, rows) if self._row else rows)

    def objects(self, **values: Any) -> list[Any]:
        """Return the objects of a queryset of models without annotations, as Django makes them."""
        form = compiled(self._build, tuple(values))
        return list(map(form.make, form.rows(values)))


class Compiled:
    """The SQL of a queryset, its values, with a `QueryParameter` for each argument, and what Django
    does with rows from the driver: loading JSON, and making objects.
    """

    def __init__(self, form: QuerySet[Any, Any]) -> None:
        self.compiler = compiler = form.query.get_compiler(connection=connection)
        self.sql, values = compiler.as_sql()
        self.values = tuple(values)
        self.columns = [expression for expression, *_ in compiler.select]
        self.converters = [
            (position, convert, expression)
            for position, (several, expression) in compiler.get_converters(self.columns).items()
            for convert in several
        ]

    def statement(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Return the SQL and its values."""
        return self.sql, [
            values[value.name] if isinstance(value, QueryParameter) else value
            for value in self.values
        ]

    def rows(self, values: Mapping[str, Any]) -> Iterable[Any]:
        """Run the statement and return its rows."""
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(values))
            rows: list[Any] = cursor.fetchall()
        if not self.converters:
            return rows
        return (_converted(row, self.converters) for row in rows)

    @cached_property
    def make(self) -> Callable[[Sequence[Any]], Model]:
        """What returns the object of a row, as django.db.models.query.ModelIterable does."""
        info = self.compiler.klass_info
        own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column.target.attname for column in self.columns[own]]
        related: Any = get_related_populators  # its types are those of Django 6.1
        populators = related(info, self.compiler.select, DEFAULT_DB_ALIAS)

        def make(row: Sequence[Any]) -> Model:
            made: Model = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[own])
            for populator in populators:
                populator.populate(row, made)
            return made

        return make


@lru_cache(maxsize=500)
def compiled(build: Callable[..., QuerySet[Any, Any]], names: tuple[str, ...]) -> Compiled:
    """Return the compiled queryset, whose arguments have these names."""
    return Compiled(build(**{name: Argument(name) for name in names}))


def _converted(row: Iterable[Any], converters: Iterable[Converter]) -> tuple[Any, ...]:
    values = list(row)
    for position, convert, expression in converters:
        values[position] = convert(values[position], expression, connection)
    return tuple(values)
