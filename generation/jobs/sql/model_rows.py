"""Model instances from hand-written SQL, without the ORM's compiler.

The engine's statements never change, and compiling one takes longer than PostgreSQL needs to run
it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

Converter = tuple[int, Callable[..., Any], Any]


def columns(model: type[models.Model], *, of: str = "") -> str:
    """Return all columns of the model for SELECT or RETURNING, of the table or alias `of`."""
    prefix = f"{of}." if of else ""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def fetch[Row: models.Model](
    model: type[Row], statement: str, parameters: Sequence[Any], *, more: Sequence[str] = ()
) -> list[Row]:
    """Run the statement, which returns `columns(model)`, and return its rows.

    `more` names the attributes for further columns.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    names = [field.attname for field in model._meta.concrete_fields]
    converters = _converters(model)
    rows = []
    for values in found:
        row = list(values)
        for position, convert, expression in converters:
            row[position] = convert(row[position], expression, connection)
        instance = model.from_db(connection.alias, names, row[: len(names)])
        vars(instance).update(zip(more, row[len(names) :], strict=True))
        rows.append(instance)
    return rows


@lru_cache(maxsize=16)
def _converters(model: type[models.Model]) -> list[Converter]:
    """Return the converters from the driver's values to the fields', as Django's compiler does."""
    found: list[Converter] = []
    for position, field in enumerate(model._meta.concrete_fields):
        expression = field.get_col(model._meta.db_table)
        for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(
            connection
        ):
            found.append((position, convert, expression))
    return found
