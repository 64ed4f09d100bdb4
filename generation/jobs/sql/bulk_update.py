"""UPDATE or INSERT many jobs with their lines of history in one statement.

Only `lifecycle` calls it and decides about statuses.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from accounts.models import User
from generation.jobs.sql import model_rows
from generation.models import Job, JobEvent

log = logging.getLogger("generation.jobs")

GUARD = ("id", "status", "attempt")
"""Fields that must be unchanged for the UPDATE of a row."""

Change = tuple[Job, Mapping[str, Any]]
"""A job as the caller read it, and its new values by field name."""

Expression = tuple[Any, ...]
"""SQL, and a value for each `%s` in it."""


@dataclass(frozen=True)
class History:
    """A line of history for each changed job; with `details`, only for those that have one."""

    name: str
    at: datetime
    details: Mapping[UUID, str] | None = None


def update(
    sets: str,
    parameters: Sequence[Any],
    *,
    given: str = "",
    where: str,
    history: History | None,
    note: str = "''",
    then: Expression = ("",),
) -> list[Job]:
    """Run an UPDATE and return the changed jobs as they are now.

    Args:
        sets: assignments after SET.
        parameters: for the `%s` of `given`, `sets` and `where`, in this order.
        given: common table expressions before the UPDATE.
        where: the rest of the UPDATE: FROM and WHERE.
        history: lines to insert.
        note: SQL of a line's detail in terms of `given`; a job with NULL gets no line.
        then: SQL of one more change, with its values, in terms of `given` and `changed`, the
            changed rows. It needs a history.
    """
    before = f"WITH {given}" if given else "WITH"
    changing = f"UPDATE {TABLE} SET {sets} {where} RETURNING {COLUMNS}"  # noqa: S608 no input
    if history is None:
        return model_rows.fetch(Job, f"{before if given else ''} {changing}", parameters)
    statement = (
        f"{before}{',' if given else ''} changed AS ({changing}, {note} AS note), noted AS ("  # noqa: S608
        f"INSERT INTO {JobEvent._meta.db_table} (job_id, at, name, status, attempt, detail) "
        "SELECT id, %s, %s, status, attempt, note FROM changed WHERE note IS NOT NULL)"
        f"{f', further AS ({then[0]})' if then[0] else ''} SELECT {COLUMNS} FROM changed"
    )
    changed = model_rows.fetch(Job, statement, [*parameters, history.at, history.name, *then[1:]])
    _log(changed, history)
    return changed


def insert(
    jobs: Sequence[Job],
    *,
    guard: Expression,
    history: History,
    actor: User | None,
    value: str = "NULL",
) -> dict[UUID, Any]:
    """Insert new jobs and their lines of history if the guard is true; return a value for each job.

    Args:
        jobs: unsaved rows.
        guard: SQL of the condition. If it is false, nothing is inserted and nothing returned.
        history: with a detail for each job.
        actor: of the history.
        value: SQL of the values to return, in terms of `given`, the new rows, and `job_id`. It sees
            the table as it was before.
    """
    condition, *values = guard
    details = history.details or {}
    # Columns without a value are left out: psycopg parses this long statement each time.
    fields = [
        field
        for field in Job._meta.concrete_fields
        if not field.null or any(getattr(job, field.attname) is not None for job in jobs)
    ]
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up for each attribute
    parameters: list[Any] = []
    for job in jobs:
        parameters += [
            field.get_db_prep_save(getattr(job, field.attname), database) for field in fields
        ]
        parameters.append(details[job.id])
    line: list[Any] = [history.at, history.name, actor.pk if actor else None]
    with connection.cursor() as cursor:
        names = tuple(field.name for field in fields)
        statement = _insertion(names, len(jobs), condition, value)
        cursor.execute(statement, [*parameters, *values, *line])
        inserted = dict(cursor.fetchall())
    for job in jobs if inserted else ():
        job._state.adding, job._state.db = False, connection.alias
    if inserted:
        _log(jobs, history)
    return inserted


@lru_cache(maxsize=64)
def _insertion(names: tuple[str, ...], count: int, condition: str, value: str) -> str:
    given = ", ".join(_tuple([*names, NOTE], first=number == 0) for number in range(count))
    columns = ", ".join(map(_column, names))
    return (
        f"WITH given ({columns}, note) AS (VALUES {given}), "  # noqa: S608
        f"placed AS (INSERT INTO {TABLE} ({columns}) "
        f"SELECT {columns} FROM given WHERE {condition} RETURNING id, status, attempt) "
        f"INSERT INTO {JobEvent._meta.db_table} "
        "(job_id, at, name, status, attempt, detail, actor_id) "
        "SELECT placed.id, %s, %s, placed.status, placed.attempt, given.note, %s "
        "FROM placed JOIN given ON given.id = placed.id ORDER BY placed.id "
        f"RETURNING job_id, {value}"
    )


def insert_history(jobs: Sequence[Job], history: History, *, actor: User | None = None) -> None:
    """Insert a line for each of these jobs, as the caller has them."""
    details = history.details if history.details is not None else {job.id: "" for job in jobs}
    JobEvent.objects.bulk_create(
        JobEvent(
            job=job,
            at=history.at,
            name=history.name,
            status=job.status,
            attempt=job.attempt,
            detail=details[job.id],
            actor=actor,
        )
        for job in jobs
        if job.id in details
    )
    _log(jobs, history)


def _log(jobs: Sequence[Job], history: History) -> None:
    """Log each job's line of history after the commit, so that logs can be searched for a job."""
    if log.isEnabledFor(logging.INFO):
        noted = [job for job in jobs if history.details is None or job.id in history.details]
        transaction.on_commit(partial(_log_now, noted, history.name), robust=True)


def _log_now(jobs: Sequence[Job], name: str) -> None:
    for job in jobs:
        log.info("job %s", name, extra=job.log_fields)


def update_each(
    changes: Sequence[Change],
    *,
    fields: Sequence[str],
    same: Mapping[str, Any],
    expressions: Mapping[str, Expression],
    guard: str = "",
    history: History | None = None,
    then: Expression = ("",),
) -> list[Job]:
    """Update the jobs that are unchanged since they were read, and return them as they are now.

    Args:
        changes: no job twice.
        fields: the keys of every change's values.
        same: fields that get the same value in all rows.
        expressions: by field, SQL that uses the row's old values, and values for its `%s`; `v_NAME`
            is the new value of a field of `fields`. Without an expression, such a field gets its
            new value.
        guard: a further condition in SQL.
        history: lines to insert.
        then: one more change, as `update` takes it; `v` are the new values.
    """
    if not changes:
        return []
    given = [*GUARD, *fields]
    details = history.details if history else None
    extra = [] if details is None else [NOTE]
    values = ", ".join(
        _tuple([*given, *extra], first=number == 0) for number in range(len(changes))
    )
    parameters: list[Any] = []
    for job, new in changes:
        parameters += [
            _prepared(name, getattr(job, name) if name in GUARD else new[name]) for name in given
        ]
        if details is not None:
            parameters.append(details.get(job.id))
    assignments: dict[str, Expression] = {name: (f"v_{name}",) for name in fields}
    assignments |= {name: ("%s", value) for name, value in same.items()}
    assignments |= expressions
    sets = [f"{_column(name)} = {sql}" for name, (sql, *_) in assignments.items()]
    parameters += [
        _prepared(name, value) for name, (_, *new) in assignments.items() for value in new
    ]
    matches = " AND ".join(f"{_column(name)} = v_{name}" for name in GUARD)
    return update(
        ", ".join(sets),
        parameters,
        given=f"v ({', '.join(f'v_{name}' for name in [*given, *extra])}) AS (VALUES {values})",
        where=f"FROM v WHERE {matches}{f' AND ({guard})' if guard else ''}",
        history=history,
        note="''" if details is None else f"v_{NOTE}",
        then=then,
    )


TABLE = f'"{Job._meta.db_table}"'
COLUMNS = model_rows.columns(Job)
NOTE = "note"


def _column(name: str) -> str:
    return f'"{_field(name).column}"'


def _prepared(name: str, value: Any) -> Any:
    """Return a value of a job's field as a parameter of SQL."""
    return _field(name).get_db_prep_save(value, connection)


def _tuple(names: Sequence[str], *, first: bool) -> str:
    return f"({', '.join(_placeholder(name) if first else '%s' for name in names)})"


def _placeholder(name: str) -> str:
    # A column with only NULLs has no type.
    kind = "text" if name == NOTE else _field(name).db_type(connection)
    return f"CAST(%s AS {kind})"


def _field(name: str) -> Any:
    return Job._meta.get_field(name)
