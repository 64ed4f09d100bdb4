"""SQL written by hand: conditions from other rooms, and model instances from rows.

The engine's statements never change, and the ORM's compiler takes longer for one than PostgreSQL
needs to run it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, models

from artgen.database.compiled_queries import Converter

Condition = tuple[Any, ...]
"""SQL of a condition, and a value for each `%s` in it."""


def columns(model: type[models.Model], *, of: str = "") -> str:
    """Return all columns of the model for SELECT or RETURNING, of the table or alias `of`."""
    prefix = f"{of}." if of else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def as_json(rows: Sequence[models.Model]) -> str:
    """Return rows of one model for `json_populate_recordset`.

    For a value of each column psycopg needs ten times as long.
    """
    fields = rows[0]._meta.concrete_fields if rows else ()
    records = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    return orjson.dumps(records, default=str).decode()


def fetch[Row: models.Model](
    model: type[Row], statement: str, parameters: Sequence[Any] | Mapping[str, Any]
) -> list[Row]:
    """Run the statement, which returns `columns(model)` first, and return its rows."""
    return [_instance(model, record) for record in _records(statement, parameters)]


def fetch_with[Row: models.Model, Extras: tuple[Any, ...]](
    model: type[Row],
    extras: Callable[..., Extras],
    statement: str,
    parameters: Sequence[Any] | Mapping[str, Any],
) -> list[tuple[Row, Extras]]:
    """Run the statement, and return its rows with their further columns: a named tuple."""
    count = len(model._meta.concrete_fields)
    return [
        (_instance(model, record), extras(*record[count:]))
        for record in _records(statement, parameters)
    ]


def fetch_pairs[First: models.Model, Second: models.Model, Extras: tuple[Any, ...]](
    first: type[First],
    second: type[Second],
    extras: Callable[..., Extras],
    statement: str,
    parameters: Sequence[Any] | Mapping[str, Any],
) -> list[tuple[First, Second, Extras]]:
    """Run the statement, which returns the columns of two models, and further ones."""
    count = len(first._meta.concrete_fields)
    both = count + len(second._meta.concrete_fields)
    return [
        (_instance(first, record), _instance(second, record[count:]), extras(*record[both:]))
        for record in _records(statement, parameters)
    ]


def _records(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        records: list[tuple[Any, ...]] = cursor.fetchall()
    return records


def _instance[Row: models.Model](model: type[Row], record: Sequence[Any]) -> Row:
    """Return the instance whose columns the record begins with."""
    names = [field.attname for field in model._meta.concrete_fields]
    values = list(record[: len(names)])
    for position, convert, expression in _converters(model):
        values[position] = convert(values[position], expression, connection)
    return model.from_db(connection.alias, names, values)


@lru_cache(maxsize=16)
def _converters(model: type[models.Model]) -> list[Converter]:
    """Return the converters from the driver's values to the fields', as Django's compiler does."""
    converters: list[Converter] = []
    for position, field in enumerate(model._meta.concrete_fields):
        expression = field.get_col(model._meta.db_table)
        for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(
            connection
        ):
            converters.append((position, convert, expression))
    return converters
