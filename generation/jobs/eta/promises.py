"""What was promised when a job was placed, and when it is late."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from generation.jobs.eta.forecasts import Eta, Forecast
from generation.jobs.eta.history import size_of
from generation.models import Job

LATE_FACTOR = 1.5  # of the promised wait
LATE_MARGIN = timedelta(seconds=15)


def promise(
    jobs: Sequence[Job],
    *,
    forecast: Forecast,
    now: datetime,
    parked: Collection[UUID] = (),
) -> None:
    """Set the promised moments of unsaved jobs of one order.

    None in an outage, and none for those that a budget parks, whose ids are `parked`.
    """
    for job, eta in zip(jobs, of_order_jobs(jobs, forecast=forecast, now=now), strict=True):
        if job.id not in parked and not forecast.is_blocked(job):
            job.promised_p50_at = now + timedelta(seconds=eta.p50)
            job.promised_p90_at = now + timedelta(seconds=eta.p90)


def of_order_jobs(
    jobs: Sequence[Job], *, forecast: Forecast, now: datetime | None = None
) -> list[Eta]:
    """Return the time until each of these unsaved jobs of one order would be done."""
    numbers = Counter[int]()
    found = []
    for job in jobs:
        numbers[job.model_id] += 1
        found.append(
            forecast.of_order(
                job.model,
                user_id=job.user_id,
                size=size_of(job.width, job.height, job.steps),
                count=numbers[job.model_id],
                now=now,
            )
        )
    return found


def late_at(job: Job) -> datetime | None:
    """Return from when on a job takes longer than usual, counted from its placing.

    None for a job without a promise.
    """
    if job.promised_p90_at is None:
        return None
    wait = job.promised_p90_at - job.created_at
    return job.created_at + max(wait * LATE_FACTOR, wait + LATE_MARGIN)
