"""One guarded change of a job: UPDATE, line of history, event after the commit."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.live import events
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import Job, JobQuerySet
from generation.runpod.untrusted import storable

ADDED_COST = "CASE WHEN v_cost IS NULL THEN cost ELSE COALESCE(cost, 0) + v_cost END"
"""SQL of a job's cost plus that of one more attempt, for `bulk_update.update_each`."""

ADDED_UNREPORTED = (
    "CASE WHEN v_cost IS NULL AND expected_usd IS NOT NULL "
    "THEN COALESCE(unreported_usd, 0) + expected_usd ELSE unreported_usd END"
)
"""The same of `unreported_usd`, for an attempt that has run."""


class Stale(Exception):
    """The job has changed since the caller read it. Read it again or leave it."""


def move(
    job: Job,
    to: str,
    *,
    event: str,
    at: datetime,
    detail: str = "",
    actor: User | None = None,
    guard: Q | None = None,
    **fields: Any,
) -> Job:
    """Change the status with one guarded UPDATE and return the row as it is now. Raises Stale."""
    with transaction.atomic():
        changed = unchanged(job).filter(guard or Q())
        expect_one(changed.update(status=to, version=F("version") + 1, **fields))
        moved = Job.objects.select_related("model").get(id=job.id)
        insert_history([moved], name=event, at=at, detail=detail, actor=actor)
        publish([moved])
    return moved


def unchanged(job: Job) -> JobQuerySet:
    """Return the query for the job's row if it still has this status and attempt."""
    return Job.objects.filter(id=job.id, status=job.status, attempt=job.attempt)


def expect_one(count: int) -> None:
    """Raise Stale unless an UPDATE of one job changed its row."""
    if count != 1:
        raise Stale


def attach_models(moved: Sequence[Job], known: Sequence[tuple[Job, Any]]) -> None:
    """Set `job.model` without a query, from the jobs as the caller had them."""
    models = {job.model_id: job.model for job, _ in known}
    for job in moved:
        job.model = models[job.model_id]


def insert_history(
    jobs: Sequence[Job], *, name: str, at: datetime, detail: str = "", actor: User | None = None
) -> None:
    """Insert a line of history for each job."""
    history = History(name, at, dict.fromkeys((job.id for job in jobs), storable(detail)))
    bulk_update.insert_history(jobs, history, actor=actor)


def history_of(name: str, at: datetime, details: Sequence[tuple[Job, str]]) -> History:
    return History(name, at, {job.id: storable(detail) for job, detail in details})


def publish(jobs: Sequence[Job]) -> None:
    """Send the jobs to their users' browsers after the commit."""
    if jobs:
        transaction.on_commit(partial(events.publish, jobs), robust=True)


def costs_plus(job: Job, charge: Charge | None) -> dict[str, Any]:
    """Return the fields with a job's costs after one more attempt has ended at RunPod."""
    return {
        "cost": _plus("cost", charge.usd if charge else None),
        "unreported_usd": _plus("unreported_usd", spending.unreported(job, charge)),
    }


def _plus(field: str, usd: Decimal | None) -> Any:
    return F(field) if usd is None else Coalesce(F(field), Decimal(0)) + usd
