"""One guarded change of a job: UPDATE, line of history, event after the commit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import User
from artgen.database import raw_sql
from artgen.http.untrusted import storable
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.live import events
from generation.models import Job, JobEvent, JobQuerySet

log = logging.getLogger("generation.jobs")

COLUMNS = raw_sql.columns(Job)


class Stale(Exception):
    """The job has changed since the caller read it. Read it again or leave it."""


@dataclass(frozen=True)
class HistoryLine:
    """A line of history: `name` of the event, and by whom, None for ArtGen itself."""

    name: str
    at: datetime
    detail: str = ""
    actor: User | None = None


# --- one job --------------------------------------------------------------------------------------
def move(job: Job, to: str, line: HistoryLine, *, guard: Q | None = None, **fields: object) -> Job:
    """Change the status with one guarded UPDATE and return the row as it is now. Raises Stale."""
    with transaction.atomic():
        changed = unchanged(job).filter(guard or Q())
        expect_one(changed.update(status=to, version=F("version") + 1, **fields))
        moved = Job.objects.select_related("model").get(id=job.id)
        insert_history([moved], line)
        publish([moved])
    return moved


def unchanged(job: Job) -> JobQuerySet:
    """Return the query for the job's row if it still has this status and attempt."""
    return Job.objects.filter(id=job.id, status=job.status, attempt=job.attempt)


def held(job: Job) -> JobQuerySet:
    """Return the same if the caller still has its lease: since it read the row, no webhook and no
    person has made it due, and no other process has claimed it.
    """
    return unchanged(job).filter(due_at=job.due_at)


def expect_one(count: int) -> None:
    """Raise Stale unless an UPDATE of one job changed its row."""
    if count != 1:
        raise Stale


# --- many jobs, each with SQL of its own ----------------------------------------------------------
NOTED = """,
noted AS (
    INSERT INTO generation_jobevent (job_id, at, name, status, attempt, detail)
    SELECT id, %(now)s, %(event)s, status, attempt, detail FROM changed WHERE detail IS NOT NULL
)
SELECT {columns}, detail IS NOT NULL FROM changed"""


class Noted(NamedTuple):
    has_line: bool
    """Whether the change is a line of the job's history."""


def change(statement: str, event: str, values: Mapping[str, object]) -> list[Job]:
    """Run `change_noted`, and return the jobs alone."""
    return [job for job, _noted in change_noted(statement, event, values)]


def change_noted(
    statement: str, event: str, values: Mapping[str, object]
) -> list[tuple[Job, Noted]]:
    """Run `WITH changed AS (UPDATE … RETURNING …)` and return the jobs as they are now.

    Inserts their lines of history in the same statement. `detail` is that of the line; a job with
    NULL gets none.
    """
    sql = statement + NOTED.format(columns=COLUMNS)
    rows = raw_sql.fetch_with(Job, Noted, sql, {**values, "event": event})
    log_history([job for job, noted in rows if noted.has_line], event)
    return rows


def change_seen(
    jobs: Sequence[Job], statement: str, event: str, values: Mapping[str, object]
) -> list[Job]:
    """Run `change` for jobs as the caller read them, and publish those that have not moved on.

    The statement compares `ids`, `statuses` and `attempts` with the rows, and their `leases` if it
    makes them due later.
    """
    models = {job.model_id: job.model for job in jobs}
    # One statement needs no transaction.
    moved = change(statement, event, {**seen_values(jobs), **values})
    for job in moved:
        job.model = models[job.model_id]  # without a query
    publish(moved)
    return moved


def seen_values(jobs: Sequence[Job]) -> dict[str, object]:
    """Return the columns that guards compare, as the caller read them."""
    return {
        "ids": [job.id for job in jobs],
        "statuses": [str(job.status) for job in jobs],
        "attempts": [job.attempt for job in jobs],
        "leases": [job.due_at for job in jobs],
    }


# --- history, events, costs -----------------------------------------------------------------------
def insert_history(jobs: Sequence[Job], line: HistoryLine) -> None:
    """Insert this line for each job, as the caller has it."""
    JobEvent.objects.bulk_create(
        JobEvent(
            job=job,
            at=line.at,
            name=line.name,
            status=job.status,
            attempt=job.attempt,
            detail=storable(line.detail),
            actor=line.actor,
        )
        for job in jobs
    )
    log_history(jobs, line.name)


def log_history(jobs: Sequence[Job], name: str) -> None:
    """Log each job's line of history after the commit, so that logs can be searched for a job."""
    if log.isEnabledFor(logging.INFO):
        transaction.on_commit(partial(_log_now, jobs, name), robust=True)


def _log_now(jobs: Sequence[Job], name: str) -> None:
    for job in jobs:
        log.info("job %s", name, extra=job.log_fields)


def publish(jobs: Sequence[Job]) -> None:
    if jobs:
        transaction.on_commit(partial(events.publish, jobs), robust=True)


def costs_plus(job: Job, charge: Charge | None) -> dict[str, Any]:
    """Return the fields with a job's costs after one more attempt has ended at the provider."""
    return {
        "cost": _plus("cost", charge.usd if charge else None),
        "unreported_usd": _plus("unreported_usd", spending.unreported_cost(job, charge)),
    }


def _plus(field: str, usd: Decimal | None) -> Combinable:
    return F(field) if usd is None else Coalesce(F(field), Decimal(0)) + usd
