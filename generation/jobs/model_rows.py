"""Rows of hand-written SQL as instances of a model, without the ORM's compiler: the engine's statements are always the
same, and to build and read them anew takes longer than PostgreSQL needs to run them.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
Converter = tuple[int, Callable[..., Any], Any]


def columns(model: type[models.Model], *, of: str = "") -> str:
    """Return all columns of the model as SELECT and RETURNING list them, those of the table or alias `of`."""
    prefix = f"{of}." if of else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def fetch(model: type[Row], statement: str, parameters: Sequence[Any]) -> list[Row]:
    """Run the statement, which returns `columns(model)`, and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    names = [field.attname for field in model._meta.concrete_fields]
    converters = _converters(model, connection.vendor)
    rows = []
    for values in found:
        row = list(values)
        for position, convert, expression in converters:
            row[position] = convert(row[position], expression, connection)
        rows.append(model.from_db(connection.alias, names, row))
    return rows


@lru_cache(maxsize=16)
def _converters(model: type[models.Model], vendor: str) -> list[Converter]:
    """Return what turns the driver's values into the fields', as Django's compiler chooses it."""
    found: list[Converter] = []
    for position, field in enumerate(model._meta.concrete_fields):
        expression = field.get_col(model._meta.db_table)
        for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(
            connection
        ):
            found.append((position, convert, expression))
    return found
