"""What the provider reports about a running job, up to the stored images."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb

from generation.jobs.budgets.spending import Charge
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import (
    change,
    change_one,
    change_one_quietly,
    costs,
)
from generation.models import Job
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


def store_progress(reported: Sequence[tuple[Job, JobProgress]], *, until: datetime) -> list[Job]:
    """Store that workers run these jobs, with their progress; check them again at `until`."""
    rows = [(job, asdict(progress) | {"due_at": until}) for job, progress in reported]
    return change(transitions.RUNNING, rows)


def store_missing(job: Job, *, until: datetime) -> None:
    """Store that the provider answers 404, since now unless it already did. Raises Stale."""
    change_one_quietly(transitions.MISSING, job, {"due_at": until})


def begin_storing(reported: Sequence[tuple[Job, Finished]]) -> list[Job]:
    """Move finished jobs to STORING, due at once: their images can be fetched."""
    now = timezone.now()
    return change(
        transitions.STORING,
        [
            (
                job,
                {
                    **_times(finished, now),
                    **costs(job, Charge(usd=finished.cost, has_run=True)),
                    "due_at": now,
                    "result": None if finished.result is None else Jsonb(finished.result),
                    "result_host": finished.host,
                    "error_code": "",
                    "error_detail": "",
                },
            )
            for job, finished in reported
        ],
    )


def _times(report: Finished | JobReport, now: datetime) -> dict[str, object]:
    return {
        "started_at": now - timedelta(milliseconds=report.execution_ms or 0),
        "delay_ms": report.delay_ms,
        "execution_ms": report.execution_ms,
    }


UNREADABLE = "unreadable"
"""`error_code` of a STORING job whose kept reply cannot be read."""


def store_unread(
    job: Job, report: JobReport, *, until: datetime, detail: str, charge: Charge
) -> Job:
    """Move a finished job to STORING; its kept reply is read again at `until`. Raises Stale."""
    return change_one(
        transitions.UNREAD,
        job,
        {
            **_times(report, timezone.now()),
            **costs(job, charge),
            "due_at": until,
            "result": None,
            "result_host": "",
            "error_code": UNREADABLE,
            "error_detail": detail,
        },
    )


def retry_storing(
    job: Job, *, until: datetime, detail: str, code: str = "", host_failed: bool = False
) -> None:
    """Store why the images are not in the bucket yet, and try again at `until`. Raises Stale.

    `code` may be UNREADABLE. `host_failed`: the host of an image, not the image.
    """
    change_one(
        transitions.NOT_STORED,
        job,
        {
            "due_at": until,
            "error_code": code,
            "host_failed": host_failed,
            "error_detail": job.error_detail,
            "detail": detail,
        },
    )
