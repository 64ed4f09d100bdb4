"""What RunPod reports about a running job, up to the stored images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine.lifecycle.transition import (
    ADDED_COST,
    ADDED_UNREPORTED,
    attach_models,
    costs_plus,
    expect_one,
    insert_history,
    move,
    publish,
    unchanged,
)
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import Job, Status
from generation.runpod.untrusted import storable

ENDED = (
    "SELECT model_id, user_id, COALESCE(v_cost, expected_usd) AS usd "
    "FROM changed JOIN v ON v_id = changed.id"
)
"""SQL of the attempts that `begin_storing` ends, for `spending.adding`."""


@dataclass(frozen=True)
class Progress:
    """`progress` from 0 to 1, `step` of `step_count`; None where the worker does not report it."""

    progress: float | None
    step: int | None
    step_count: int | None


@dataclass(frozen=True)
class Finished:
    """What RunPod reports about a finished job."""

    delay_ms: int | None  # in RunPod's queue
    execution_ms: int | None  # on the worker
    result: dict[str, Any] | None  # `Result.as_json()`
    host: str  # from which the images are downloaded
    cost: Decimal | None  # US dollars


def store_progress(seen: Sequence[tuple[Job, Progress]], *, until: datetime) -> list[Job]:
    """Store that workers run these jobs, with their progress; check them again at `until`.

    Only jobs that have just begun get a line of history.
    """
    now = timezone.now()
    begun = {job.id: "" for job, _ in seen if job.status == Status.SUBMITTED}
    changes: list[bulk_update.Change] = [(job, vars(progress)) for job, progress in seen]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["progress", "step", "step_count"],
            same={"status": Status.RUNNING, "due_at": until, "missing_since": None},
            expressions={
                "version": ("version + 1",),
                "started_at": ("COALESCE(started_at, %s)", now),
            },
            history=History("running", now, begun) if begun else None,
        )
        attach_models(moved, seen)
        publish(moved)
    return moved


def store_missing(job: Job, *, until: datetime) -> None:
    """Store that RunPod answers 404, since now unless it already did. Raises Stale."""
    since = Coalesce(F("missing_since"), timezone.now())
    expect_one(unchanged(job).update(missing_since=since, due_at=until))


def begin_storing(finished: Sequence[tuple[Job, Finished]]) -> list[Job]:
    """Move finished jobs to STORING, due at once: their images can be fetched."""
    now = timezone.now()
    changes: list[bulk_update.Change] = [
        (
            job,
            {
                # Used if no check has seen the job running.
                "started_at": now - timedelta(milliseconds=one.execution_ms or 0),
                "delay_ms": one.delay_ms,
                "execution_ms": one.execution_ms,
                "result": one.result,
                "result_host": one.host,
                "cost": one.cost,
            },
        )
        for job, one in finished
    ]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["started_at", "delay_ms", "execution_ms", "result", "result_host", "cost"],
            same={
                "status": Status.STORING,
                "due_at": now,
                "progress": None,
                "step": None,
                "step_count": None,
                "missing_since": None,
                "error_detail": "",
            },
            expressions={
                "version": ("version + 1",),
                "started_at": ("COALESCE(started_at, v_started_at)",),
                "cost": (ADDED_COST,),
                "unreported_usd": (ADDED_UNREPORTED,),
            },
            history=History("storing", now),
            then=spending.adding(ENDED),
        )
        attach_models(moved, finished)
        publish(moved)
    return moved


UNREADABLE = "unreadable"
"""`error_code` of a STORING job whose kept reply cannot be read."""


def store_unread(
    job: Job,
    *,
    until: datetime,
    detail: str,
    charge: Charge,
    delay_ms: int | None,
    execution_ms: int | None,
) -> Job:
    """Move a finished job to STORING; its kept reply is read again at `until`. Raises Stale."""
    now, detail = timezone.now(), storable(detail)
    started_at = now - timedelta(milliseconds=execution_ms or 0)
    with transaction.atomic():
        moved = move(
            job,
            Status.STORING,
            event="unread",
            at=now,
            detail=detail,
            due_at=until,
            error_code=UNREADABLE,
            error_detail=detail,
            started_at=Coalesce(F("started_at"), started_at),
            delay_ms=delay_ms,
            execution_ms=execution_ms,
            progress=None,
            step=None,
            step_count=None,
            missing_since=None,
            **costs_plus(job, charge),
        )
        spending.add(job, spending.of_attempt(job, charge))
    return moved


def retry_storing(job: Job, *, until: datetime, detail: str, code: str = "") -> None:
    """Store why the images are not in the bucket yet, and try again at `until`. Raises Stale.

    The history gets a line only when the reason changes. `code` may be UNREADABLE.
    """
    with transaction.atomic():
        detail = storable(detail)
        expect_one(unchanged(job).update(due_at=until, error_detail=detail, error_code=code))
        if detail != job.error_detail:
            insert_history([job], name="not_stored", at=timezone.now(), detail=detail)
