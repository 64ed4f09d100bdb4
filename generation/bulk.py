"""One guarded UPDATE or INSERT for many jobs, each with values of its own; knows no status and decides nothing.

`lifecycle` is its only caller. The UPDATE is the same on PostgreSQL and SQLite.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection

from generation.models import Job, JobEvent

GUARD = ("id", "status", "attempt")
"""What a row must still be for its UPDATE to count."""

Row = tuple[Job, Mapping[str, Any]]
"""A job as the caller saw it, and its new values by field name."""

Expression = tuple[Any, ...]
"""SQL, and a value for each `%s` in it."""


def update_each(
    rows: Sequence[Row],
    *,
    fields: Sequence[str],
    same: Mapping[str, Any],
    expressions: Mapping[str, Expression],
    guard: str = "",
) -> list[Job]:
    """Return the jobs that were still as seen, as they are now; the others were left alone.

    Args:
        rows: no job twice.
        fields: the keys of every row's values.
        same: fields that get one value in all rows.
        expressions: SQL for fields that depend on the row's old values, and values for its `%s`; `v_NAME` is the new
            value of a field of `fields`. A field of `fields` without an expression gets its value as it is.
        guard: one more condition in SQL.
    """
    if not rows:
        return []
    given = [*GUARD, *fields]
    values = ", ".join(_tuple(given, first=number == 0) for number in range(len(rows)))
    parameters = [
        prepared(name, getattr(job, name) if name in GUARD else new[name]) for job, new in rows for name in given
    ]
    assignments: dict[str, Expression] = {name: (f"v_{name}",) for name in fields}
    assignments |= {name: ("%s", value) for name, value in same.items()}
    assignments |= expressions
    sets = [f"{_column(name)} = {sql}" for name, (sql, *_) in assignments.items()]
    parameters += [prepared(name, value) for name, (_, *new) in assignments.items() for value in new]
    matches = " AND ".join(f"{_column(name)} = v_{name}" for name in GUARD)
    statement = (
        f"WITH v ({', '.join(f'v_{name}' for name in given)}) AS (VALUES {values}) "  # noqa: S608 no foreign words
        f"UPDATE {TABLE} SET {', '.join(sets)} FROM v WHERE {matches}{f' AND ({guard})' if guard else ''} "
        f"RETURNING {returning()}"
    )
    return list(Job.objects.raw(statement, parameters))


def insert(jobs: Sequence[Job], *, guard: Expression, history: Mapping[str, Any]) -> bool:
    """Insert new jobs, and a line of history for each, if the guard holds; False: it does not, nothing was inserted.

    `history` holds `name`, `at`, `detail` and `actor_id` of all lines. On PostgreSQL this is one statement.
    """
    condition, *values = guard
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:  # SQLite: nobody else writes during this transaction
            cursor.execute(f"SELECT {condition}", values)
            if not cursor.fetchone()[0]:
                return False
        Job.objects.bulk_create(jobs)
        events = [JobEvent(job=job, status=job.status, attempt=job.attempt, **history) for job in jobs]
        JobEvent.objects.bulk_create(events)
        return True
    parameters = [
        field.get_db_prep_save(getattr(job, field.attname), connection)
        for job in jobs
        for field in Job._meta.concrete_fields
    ]
    line = [history["at"], history["name"], history["detail"], history["actor_id"]]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(len(jobs), condition), [*parameters, *values, *line])
        inserted = cursor.rowcount
    for job in jobs if inserted else ():
        job._state.adding, job._state.db = False, connection.alias
    return bool(inserted)


@lru_cache(maxsize=64)
def _insertion(count: int, condition: str) -> str:
    fields = [field.name for field in Job._meta.concrete_fields]
    columns = returning()
    rows = ", ".join(_tuple(fields, first=number == 0) for number in range(count))
    return (
        f"WITH given ({columns}) AS (VALUES {rows}), placed AS (INSERT INTO {TABLE} ({columns}) "  # noqa: S608 no foreign words
        f"SELECT * FROM given WHERE {condition} RETURNING id, status, attempt) "
        f'INSERT INTO "{JobEvent._meta.db_table}" (job_id, at, name, status, attempt, detail, actor_id) '
        "SELECT id, %s, %s, status, attempt, %s, %s FROM placed ORDER BY id"
    )


def returning() -> str:
    """Return all columns of a job, as a RETURNING clause lists them."""
    return ", ".join(f'"{field.column}"' for field in Job._meta.concrete_fields)


TABLE = f'"{Job._meta.db_table}"'


def _column(name: str) -> str:
    return f'"{_field(name).column}"'


def prepared(name: str, value: Any) -> Any:
    """Return a value of a job's field as a parameter of SQL."""
    return _field(name).get_db_prep_save(value, connection)


def _tuple(names: Sequence[str], *, first: bool) -> str:
    return f"({', '.join(_placeholder(name) if first else '%s' for name in names)})"


def _placeholder(name: str) -> str:
    # A column of NULLs alone has no type in PostgreSQL; SQLite's CAST would change dates.
    if connection.vendor != "postgresql":
        return "%s"
    return f"CAST(%s AS {_field(name).db_type(connection)})"


def _field(name: str) -> Any:
    return Job._meta.get_field(name)
