"""What the provider reports about a running job, up to the stored images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from psycopg.types.json import Jsonb

from artgen.http.untrusted import storable
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine.lifecycle.transition import (
    HistoryLine,
    change_seen,
    costs_plus,
    expect_one,
    held,
    insert_history,
    move,
)
from generation.models import Job, Status
from generation.providers.job_report import JobReport


@dataclass(frozen=True)
class JobProgress:
    """`progress` from 0 to 1, `step` of `step_count`; None where the worker does not report it."""

    progress: float | None
    step: int | None
    step_count: int | None


@dataclass(frozen=True)
class Finished:
    """What the provider reports about a finished job."""

    delay_ms: int | None  # in the provider's queue
    execution_ms: int | None  # on the worker
    result: dict[str, Any] | None  # `Result.as_json()`
    host: str  # from which the images are downloaded
    cost: Decimal | None  # US dollars


# Only jobs that have just begun get a line of history. A job whose webhook came during the check
# stays as it is: due, and probably finished.
STORE_PROGRESS = """
WITH changed AS (
    UPDATE generation_job AS job SET
        status = 'running',
        version = job.version + 1,
        due_at = %(until)s,
        started_at = COALESCE(job.started_at, %(now)s),
        missing_since = NULL,
        progress = seen.progress,
        step = seen.step,
        step_count = seen.step_count
    FROM unnest(
        %(ids)s::uuid[], %(statuses)s::text[], %(attempts)s::int[], %(leases)s::timestamptz[],
        %(progress)s::float8[], %(steps)s::int[], %(step_counts)s::int[]
    ) AS seen (id, status, attempt, lease, progress, step, step_count)
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
        AND job.due_at = seen.lease
    RETURNING job.*, CASE WHEN seen.status = 'submitted' THEN '' END AS detail
)"""


def store_progress(reported: Sequence[tuple[Job, JobProgress]], *, until: datetime) -> list[Job]:
    """Store that workers run these jobs, with their progress; check them again at `until`."""
    values = {
        "progress": [progress.progress for _, progress in reported],
        "steps": [progress.step for _, progress in reported],
        "step_counts": [progress.step_count for _, progress in reported],
        "now": timezone.now(),
        "until": until,
    }
    return change_seen([job for job, _ in reported], STORE_PROGRESS, "running", values)


def store_missing(job: Job, *, until: datetime) -> None:
    """Store that the provider answers 404, since now unless it already did. Raises Stale."""
    since = Coalesce(F("missing_since"), timezone.now())
    expect_one(held(job).update(missing_since=since, due_at=until))


# The attempt ends at the provider, so its cost is added: to the job, and to the sums that budgets
# read. `started_at` is used if no check has seen the job running.
BEGIN_STORING = """
WITH changed AS (
    UPDATE generation_job AS job SET
        status = 'storing',
        version = job.version + 1,
        due_at = %(now)s,
        started_at = COALESCE(job.started_at, seen.started_at),
        delay_ms = seen.delay_ms,
        execution_ms = seen.execution_ms,
        result = seen.result,
        result_host = seen.result_host,
        cost = CASE WHEN seen.cost IS NULL THEN job.cost
            ELSE COALESCE(job.cost, 0) + seen.cost END,
        unreported_usd = CASE WHEN seen.cost IS NULL AND job.expected_usd IS NOT NULL
            THEN COALESCE(job.unreported_usd, 0) + job.expected_usd ELSE job.unreported_usd END,
        progress = NULL,
        step = NULL,
        step_count = NULL,
        missing_since = NULL,
        error_detail = ''
    FROM unnest(
        %(ids)s::uuid[], %(statuses)s::text[], %(attempts)s::int[], %(started_at)s::timestamptz[],
        %(delays_ms)s::bigint[], %(executions_ms)s::bigint[],
        %(results)s::jsonb[], %(hosts)s::text[], %(costs)s::numeric(10, 5)[]
    ) AS seen (
        id, status, attempt, started_at, delay_ms, execution_ms, result, result_host, cost
    )
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
    RETURNING job.*, COALESCE(seen.cost, job.expected_usd) AS usd, '' AS detail
),
ended AS (SELECT model_id, user_id, usd FROM changed),
spent AS ({add_spending})"""


def begin_storing(reported: Sequence[tuple[Job, Finished]]) -> list[Job]:
    """Move finished jobs to STORING, due at once: their images can be fetched."""
    now = timezone.now()
    reports = [finished for _, finished in reported]
    values = {
        "started_at": [
            now - timedelta(milliseconds=finished.execution_ms or 0) for finished in reports
        ],
        "delays_ms": [finished.delay_ms for finished in reports],
        "executions_ms": [finished.execution_ms for finished in reports],
        "results": [
            None if finished.result is None else Jsonb(finished.result) for finished in reports
        ],
        "hosts": [finished.host for finished in reports],
        "costs": [finished.cost for finished in reports],
        "now": now,
        **spending.add_values(),
    }
    statement = BEGIN_STORING.replace("{add_spending}", spending.ADD)
    return change_seen([job for job, _ in reported], statement, "storing", values)


UNREADABLE = "unreadable"
"""`error_code` of a STORING job whose kept reply cannot be read."""


def store_unread(
    job: Job, report: JobReport, *, until: datetime, detail: str, charge: Charge
) -> Job:
    """Move a finished job to STORING; its kept reply is read again at `until`. Raises Stale."""
    now, detail = timezone.now(), storable(detail)
    started_at = now - timedelta(milliseconds=report.execution_ms or 0)
    with transaction.atomic():
        moved = move(
            job,
            Status.STORING,
            HistoryLine("unread", now, detail),
            due_at=until,
            error_code=UNREADABLE,
            error_detail=detail,
            started_at=Coalesce(F("started_at"), started_at),
            delay_ms=report.delay_ms,
            execution_ms=report.execution_ms,
            progress=None,
            step=None,
            step_count=None,
            missing_since=None,
            **costs_plus(job, charge),
        )
        spending.add(job, spending.cost_of_attempt(job, charge))
    return moved


def retry_storing(
    job: Job, *, until: datetime, detail: str, code: str = "", host_failed: bool = False
) -> None:
    """Store why the images are not in the bucket yet, and try again at `until`. Raises Stale.

    The history gets a line only when the reason changes. `code` may be UNREADABLE. `host_failed`:
    the host of an image, not the image.
    """
    with transaction.atomic():
        detail = storable(detail)
        expect_one(
            held(job).update(
                due_at=until,
                is_claimed=False,
                error_detail=detail,
                error_code=code,
                host_failed=host_failed,
            )
        )
        if detail != job.error_detail:
            insert_history([job], HistoryLine("not_stored", timezone.now(), detail))
