"""What was promised when a job was placed, and when it is late."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from accounts.limits import quotas
from accounts.limits.quotas import Quotas
from accounts.models import User
from generation.jobs.eta.eta_types import Eta
from generation.jobs.eta.forecasts import Forecast
from generation.jobs.eta.history import size_of
from generation.jobs.queue.model_queues import UserLimit
from generation.models import Job

LATE_FACTOR = 1.5  # of the promised wait
LATE_MARGIN = timedelta(seconds=15)


def promise(
    jobs: Sequence[Job],
    *,
    forecast: Forecast,
    now: datetime,
    parked: Collection[UUID] = (),
    limit: UserLimit | None = None,
) -> None:
    """Set the promised moments of unsaved jobs of one order, and their user's limit.

    None in the background, in an outage, if the user may have no job at the provider, and for those
    that a budget parks, whose ids are `parked`. `limit` is that of `limit_of_order`.
    """
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
    limit: UserLimit | None = None,
) -> list[Eta | None]:
    """Return the time until each of these unsaved jobs of one order would be done.

    None in the background, and if the user may have no job at the provider. `limit` is that of
    `limit_of_order`; each job is given it with the earlier jobs that its order has in other models.
    """
    numbers = Counter[int]()
    etas: list[Eta | None] = []
    for job in jobs:
        if job.background:
            etas.append(None)
            continue
        own = limit
        if own is not None:
            beside = numbers.total() - numbers[job.model_id]
            own = job.first_limit = own._replace(queued=own.queued + beside)
        numbers[job.model_id] += 1
        etas.append(
            forecast.of_order(
                job.model,
                user_id=job.user_id,
                size=size_of(job.width, job.height, job.steps),
                count=numbers[job.model_id],
                limit=own,
                now=now,
            )
        )
    return etas


def limit_of_order(
    user: User, *, forecast: Forecast, allowed: Quotas | None = None
) -> UserLimit | None:
    """Return the user's limit of jobs at once, None for none.

    One query if there are such limits, `allowed` is unknown and the user has no jobs: else the
    queues have it.
    """
    for queue in forecast.queues.values():
        if user.pk in queue.limits:
            return queue.limits[user.pk]
    if not any(queue.has_limits for queue in forecast.queues.values()):
        return None
    at_once = (allowed or quotas.of(user)).limit("jobs_at_once")
    return None if at_once is None else UserLimit(at_once)


def late_at(job: Job) -> datetime | None:
    """Return from when on a job takes longer than usual, counted from its placing.

    None for a job without a promise.
    """
    if job.promised_p90_at is None:
        return None
    wait = job.promised_p90_at - job.created_at
    return job.created_at + max(wait * LATE_FACTOR, wait + LATE_MARGIN)
