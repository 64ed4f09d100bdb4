"""SQL written by hand: conditions from other rooms, and model instances from rows.

The engine's statements never change, and the ORM's compiler takes longer for one than PostgreSQL
needs to run it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from artgen.database.compiled_queries import Converter

Condition = tuple[Any, ...]
"""SQL of a condition, and a value for each `%s` in it."""


def columns(model: type[models.Model], *, of: str = "") -> str:
    """Return all columns of the model for SELECT or RETURNING, of the table or alias `of`."""
    prefix = f"{of}." if of else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def fetch[Row: models.Model](
    model: type[Row],
    statement: str,
    parameters: Sequence[Any] | Mapping[str, Any],
    *,
    more: Sequence[str] = (),
) -> list[Row]:
    """Run the statement, which returns `columns(model)`, and return its rows.

    `more` names the attributes for further columns.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        records = cursor.fetchall()
    names = [field.attname for field in model._meta.concrete_fields]
    converters = _converters(model)
    rows = []
    for record in records:
        values = list(record)
        for position, convert, expression in converters:
            values[position] = convert(values[position], expression, connection)
        row = model.from_db(connection.alias, names, values[: len(names)])
        vars(row).update(zip(more, values[len(names) :], strict=True))
        rows.append(row)
    return rows


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
