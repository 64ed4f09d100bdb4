"""Price and wait time of an order that is not placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from generation.catalog.offers import BATCH_MAX
from generation.jobs import budgets, drafts, eta, model_cache
from generation.jobs.budgets import BudgetWait
from generation.jobs.eta import Basis, Eta


@dataclass(frozen=True)
class Quote:
    """Price and wait time of an order that is not placed; the wait for a budget, if it waits."""

    credits: int
    eta: Eta | None
    """Until its last image; None if that waits for a budget, or the limit of jobs at once is 0."""
    wait: BudgetWait | None = None

    @property
    def parked_until(self) -> datetime | None:
        """Until when its last image would wait for a budget, None if it would not."""
        return self.wait.until if self.wait else None


def quote(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    listed: bool = False,
    max_count: int = BATCH_MAX,
) -> Quote:
    """Return price and wait time of these requests; place nothing.

    It takes them as `orders.place_batch` does, and raises InvalidParameters as that does.
    """
    jobs = drafts.of_requests(
        requests, user=user, catalog=model_cache.read(), listed=listed, max_count=max_count
    ).jobs
    total = sum(job.credits for job in jobs)
    forecast = eta.of_jobs(jobs)
    if wait := budgets.wait_of_order(user, budgets.costs_of(jobs), states=forecast.budgets):
        return Quote(credits=total, eta=None, wait=wait)
    limit = eta.limit_of_order(user, forecast=forecast)
    found = eta.of_order_jobs(jobs, forecast=forecast, limit=limit)
    etas = [one for one in found if one]
    if len(etas) < len(found):
        return Quote(credits=total, eta=None)
    return Quote(
        credits=total,
        eta=Eta(
            max(one.p50 for one in etas),
            max(one.p90 for one in etas),
            max((one.basis for one in etas), key=list(Basis).index),
        ),
    )
