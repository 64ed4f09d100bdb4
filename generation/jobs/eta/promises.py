"""What was promised when a job was placed, and when it is late."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from accounts import quotas
from accounts.models import User
from generation.jobs.eta.estimate import Eta
from generation.jobs.eta.forecasts import Forecast
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
    limit: int | None = None,
) -> None:
    """Set the promised moments of unsaved jobs of one order, and what they have beside them.

    None in an outage, if the user may have no job at RunPod, and for those that a budget parks,
    whose ids are `parked`. `limit` is that of `limit_of_order`.
    """
    for job, beside in zip(jobs, _beside(jobs), strict=True):
        job.first_beside = beside
    etas = of_order_jobs(jobs, forecast=forecast, now=now, limit=limit)
    for job, eta in zip(jobs, etas, strict=True):
        if eta and job.id not in parked and not forecast.is_blocked(job):
            job.promised_p50_at = now + timedelta(seconds=eta.p50)
            job.promised_p90_at = now + timedelta(seconds=eta.p90)


def of_order_jobs(
    jobs: Sequence[Job],
    *,
    forecast: Forecast,
    now: datetime | None = None,
    limit: int | None = None,
) -> list[Eta | None]:
    """Return the time until each of these unsaved jobs of one order would be done.

    None if the user may have no job at RunPod. `limit` is that of `limit_of_order`.
    """
    numbers = Counter[int]()
    found = []
    for job, beside in zip(jobs, _beside(jobs), strict=True):
        numbers[job.model_id] += 1
        found.append(
            forecast.of_order(
                job.model,
                user_id=job.user_id,
                size=size_of(job.width, job.height, job.steps),
                count=numbers[job.model_id],
                beside=beside,
                limit=limit,
                now=now,
            )
        )
    return found


def _beside(jobs: Sequence[Job]) -> list[Counter[int]]:
    """Return, for each job of an order, how many earlier ones it has in other models, by id."""
    numbers = Counter[int]()
    found = []
    for job in jobs:
        found.append(Counter({key: n for key, n in numbers.items() if key != job.model_id}))
        numbers[job.model_id] += 1
    return found


def limit_of_order(user: User, *, count: int, forecast: Forecast) -> int | None:
    """Return the user's limit of jobs at once as far as `count` new jobs need it.

    One query if a user or a group has a limit that `count` jobs exceed. Of users with jobs, the
    queues have the limit. An API token's user is read without it: one more query, only if there are
    limits.
    """
    queues = forecast.queues.values()
    known = next((queue.limits[user.pk] for queue in queues if user.pk in queue.limits), None)
    if known:
        return known.at_once
    site: int | None = settings.MAX_JOBS_AT_ONCE_PER_USER
    least = next((queue.least_limit for queue in queues), None)
    if least is None:
        return site
    if user.max_jobs_at_once is not None:
        return user.max_jobs_at_once
    if count <= (least if site is None else min(least, site)):
        return site
    return quotas.of(user).limit("jobs_at_once")


def late_at(job: Job) -> datetime | None:
    """Return from when on a job takes longer than usual, counted from its placing.

    None for a job without a promise.
    """
    if job.promised_p90_at is None:
        return None
    wait = job.promised_p90_at - job.created_at
    return job.created_at + max(wait * LATE_FACTOR, wait + LATE_MARGIN)
