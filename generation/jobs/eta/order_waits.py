"""How long the jobs of a new order wait: for budgets, in the queue, for their user's other jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.limits.quotas import Quotas
from accounts.models import User
from generation.jobs.budgets import budget_state
from generation.jobs.budgets.budget_state import BudgetWait
from generation.jobs.eta.eta_types import Basis, Eta
from generation.jobs.eta.forecast_cache import of_jobs
from generation.jobs.eta.forecasts import Forecast
from generation.jobs.eta.promises import limit_of_order, of_order_jobs, promise
from generation.models import Job


@dataclass(frozen=True)
class OrderWait:
    """The time until the last image of an order, or the budget or the room that it waits for.

    None of them if the user may have no job at the provider.
    """

    eta: Eta | None = None
    budget: BudgetWait | None = None
    in_background: bool = False


def wait_of_order(
    user: User,
    jobs: Sequence[Job],
    *,
    forecast: Forecast | None = None,
    allowed: Quotas | None = None,
) -> OrderWait:
    """Return how long these unsaved jobs would wait; `forecast` and `allowed` if they are known."""
    forecast = forecast or of_jobs(jobs)
    costs = budget_state.costs_of(jobs)
    if budget := budget_state.wait_of_order(user, costs, states=forecast.budgets):
        return OrderWait(budget=budget)
    if any(job.background for job in jobs):
        return OrderWait(in_background=True)
    limit = limit_of_order(user, forecast=forecast, allowed=allowed)
    times = of_order_jobs(jobs, forecast=forecast, limit=limit)
    etas = [time for time in times if time]
    if len(etas) < len(times):
        return OrderWait()
    return OrderWait(eta=last_of(etas))


def last_of(times: Sequence[Eta]) -> Eta:
    """Return the time until the last of these images of an order is done."""
    return Eta(
        max(time.p50 for time in times),
        max(time.p90 for time in times),
        max((time.basis for time in times), key=list(Basis).index),
    )


def promise_order(user: User, jobs: Sequence[Job]) -> dict[UUID, datetime]:
    """Set the promised moments of these unsaved jobs.

    Return by id until when those wait for which budgets have no room, as far as is known.
    """
    forecast = of_jobs(jobs)
    costs = budget_state.costs_of(jobs)
    waits = budget_state.waits_of_order(user, costs, states=forecast.budgets)
    parked = {job.id: until for job, until in zip(jobs, waits, strict=True) if until}
    limit = limit_of_order(user, forecast=forecast)
    promise(jobs, forecast=forecast, now=timezone.now(), parked=parked, limit=limit)
    return parked
