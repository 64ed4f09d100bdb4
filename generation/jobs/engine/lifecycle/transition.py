"""The one way to change jobs: a guarded UPDATE, lines of history, events after the commit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from artgen.database import raw_sql
from artgen.http.untrusted import storable
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.live import events
from generation.models import Job, JobEvent, Status

log = logging.getLogger("generation.jobs")

COLUMNS = raw_sql.columns(Job)
SEEN = {"id": "uuid", "status": "text", "attempt": "int", "lease": "timestamptz"}
"""What guards compare with the row, as the caller read it."""
TYPES = {"detail": "text", "may_run": "boolean", "has_report": "boolean", "settings": "jsonb"}
"""Types of given values that are not columns."""
COSTS = {
    "cost": """CASE WHEN seen.cost IS NULL THEN job.cost
        ELSE COALESCE(job.cost, 0) + seen.cost END""",
    "unreported_usd": """CASE WHEN seen.unreported_usd IS NULL THEN job.unreported_usd
        ELSE COALESCE(job.unreported_usd, 0) + seen.unreported_usd END""",
}

NO_COSTS: Mapping[str, object] = dict.fromkeys(COSTS)


class Stale(Exception):
    """The job has changed since the caller read it. Read it again or leave it."""


@dataclass(frozen=True)
class HistoryLine:
    """A line of history: `name` of the event, and by whom, None for ArtGen itself."""

    name: str
    at: datetime
    detail: str = ""
    actor: User | None = None


class Noted(NamedTuple):
    has_line: bool
    """Whether the change is a line of the job's history."""


@dataclass(frozen=True, eq=False)
class Transition:
    """A change of jobs that still have the status and attempt that the caller read.

    Its SQL reads `job`, the row; `seen`, what the caller read and gives; and `%(now)s`.
    """

    event: str = ""
    """Of the history. Without one nobody is told: no line, no event, the same version."""
    to: Status | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    """What callers give for each job: a column is set to it, unless `columns` says otherwise."""
    guard: str = "TRUE"
    detail: str = "''"
    """Of the line of history; a job with NULL gets none."""
    ends_attempt: bool = False
    """Whether the attempt ends at the provider, and `costs` are given: the job and budgets count
    them."""
    also: str = ""
    """A further part of the statement, which can read `changed`."""
    is_sent: bool = True

    @cached_property
    def types(self) -> dict[str, str]:
        given = (*self.given, *(COSTS if self.ends_attempt else ()))
        return SEEN | {name: TYPES.get(name) or _type_of(name) for name in given}

    @cached_property
    def statement(self) -> str:
        set_to = {name: f"seen.{name}" for name in self.given if name not in TYPES}
        set_to |= self.columns
        parts, returned = [], f"{self.detail} AS detail"
        if self.ends_attempt:
            set_to |= COSTS
            returned += ", COALESCE(seen.cost, seen.unreported_usd) AS usd"
            parts += ["ended AS (SELECT model_id, user_id, usd FROM changed)"]
            parts += [f"spent AS ({spending.ADD})"]
        if self.also:
            parts.append(self.also)
        result = "1"
        if self.event:
            set_to |= {"version": "job.version + 1"}
            parts.append(NOTED)
            result = f"{COLUMNS}, detail IS NOT NULL"
        if self.to:
            set_to |= {"status": f"'{self.to}'"}
        return STATEMENT.format(
            assignments=",\n        ".join(f"{name} = {sql}" for name, sql in set_to.items()),
            arrays=", ".join(f"%({name})s::{type}[]" for name, type in self.types.items()),
            names=", ".join(self.types),
            guard=self.guard,
            returned=returned,
            parts="".join(f",\n{part}" for part in parts),
            result=result,
        )


STATEMENT = """
WITH changed AS (
    UPDATE generation_job AS job SET
        {assignments}
    FROM unnest({arrays}) AS seen ({names})
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
        AND ({guard})
    RETURNING job.*, {returned}
){parts}
SELECT {result} FROM changed"""
NOTED = """noted AS (
    INSERT INTO generation_jobevent (job_id, at, name, status, attempt, detail, actor_id)
    SELECT id, %(now)s, %(event)s, status, attempt, detail, %(actor)s FROM changed
    WHERE detail IS NOT NULL
)"""


def _type_of(column: str) -> str:
    kind = Job._meta.get_field(column).db_type(connection) or ""
    return "text" if kind.startswith("varchar") else kind


def run(statement: str, event: str, values: Mapping[str, object]) -> list[tuple[Job, Noted]]:
    """Run `WITH changed AS (…)` that chooses jobs by itself, with their lines of history."""
    sql = f"{statement},\n{NOTED}\nSELECT {COLUMNS}, detail IS NOT NULL FROM changed"
    rows = raw_sql.fetch_with(Job, Noted, sql, {**values, "event": event, "actor": None})
    log_history([job for job, noted in rows if noted.has_line], event)
    return rows


Rows = Sequence[tuple[Job, Mapping[str, object]]]
"""Jobs as the caller read them, each with the values that the transition is given."""


def change(
    transition: Transition, rows: Rows, *, actor: User | None = None, **values: object
) -> list[Job]:
    """Change these jobs in one statement, and return those that had not moved on, as they are now.

    `actor` is who is named in the history, `values` are for the SQL, such as `now`.
    """
    if not rows:
        return []
    values |= {"event": transition.event, "actor": actor and actor.pk}
    parameters = _parameters(transition, rows) | values
    noted = raw_sql.fetch_with(Job, Noted, transition.statement, parameters)
    models = {job.model_id: job.model for job, _given in rows}
    for job, _line in noted:
        job.model = models[job.model_id]  # without a query
    moved = [job for job, _line in noted]
    log_history([job for job, line in noted if line.has_line], transition.event)
    if transition.is_sent:
        publish(moved)
    return moved


def change_one(
    transition: Transition, job: Job, given: Mapping[str, object], *, actor: User | None = None
) -> Job:
    """Change one job, and return it as it is now. Raises Stale."""
    for moved in change(transition, [(job, given)], actor=actor):
        return moved
    raise Stale


def change_quietly(transition: Transition, rows: Rows) -> int:
    """Change jobs by a transition without an event, and return how many had not moved on."""
    with connection.cursor() as cursor:
        cursor.execute(transition.statement, _parameters(transition, rows))
        count: int = cursor.rowcount
    return count


def change_one_quietly(transition: Transition, job: Job, given: Mapping[str, object]) -> None:
    """Change one job by a transition without an event. Raises Stale."""
    if not change_quietly(transition, [(job, given)]):
        raise Stale


def _parameters(transition: Transition, rows: Rows) -> dict[str, Any]:
    parameters: dict[str, Any] = {"now": timezone.now()}
    if transition.ends_attempt:
        parameters |= spending.add_values()
    seen = [
        {"id": job.id, "status": str(job.status), "attempt": job.attempt, "lease": job.due_at}
        | dict(given)
        for job, given in rows
    ]
    for name, kind in transition.types.items():
        values = [row[name] for row in seen]
        parameters[name] = [storable(str(value)) for value in values] if kind == "text" else values
    return parameters


def costs(job: Job, charge: Charge | None) -> dict[str, object]:
    """Return what a transition that ends an attempt is given about its cost."""
    return {
        "cost": charge and charge.usd,
        "unreported_usd": spending.unreported_cost(job, charge),
    }


# --- history, events ------------------------------------------------------------------------------
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
