"""Price and wait time of an order that is not placed, for pages and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.web import formatting
from generation.catalog.offers import BATCH_MAX
from generation.jobs import eta
from generation.jobs.budgets import budget_state
from generation.jobs.budgets.budget_state import BudgetWait
from generation.jobs.eta import Basis, Eta, Forecast
from generation.jobs.live import status_text
from generation.jobs.placing import drafts
from generation.jobs.queue import model_cache
from generation.models import Job


@dataclass(frozen=True)
class Quote:
    """Price and wait time of an order that is not placed; the wait for a budget, if it waits."""

    user: User
    count: int
    credits: int
    eta: Eta | None
    """Until its last image; None if that waits for a budget, or the limit of jobs at once is 0."""
    wait: BudgetWait | None = None

    @property
    def parked_until(self) -> datetime | None:
        """Until when its last image would wait for a budget, None if it would not."""
        return self.wait.until if self.wait else None

    @property
    def left(self) -> int:
        """The user's credits after it, below 0 if they are too few."""
        return self.user.credits - self.credits

    @property
    def short(self) -> int:
        """The number of missing credits."""
        return max(0, -self.left)

    @property
    def wait_note(self) -> str:
        """What the wait for a budget or a higher limit means, "" if it does not wait."""
        if self.wait is None:
            return "" if self.eta else str(status_text.LIMIT_IS_0)
        if self.wait.is_partial:
            text = _(
                "Not all of these images may fit into the budget. The others start from %(time)s."
            )
        else:
            text = _("The budget is used up. New images wait in the queue and start from %(time)s.")
        return text % {"time": formatting.moment(self.wait.until)}

    @property
    def waits_for(self) -> str:
        """The budget that it waits for, on a button; "" for none."""
        if self.wait is None:
            return ""
        if status_text.is_next_day(self.wait.until):
            return _("waits for tomorrow’s budget")
        return _("waits for the next budget")


def quote(
    *,
    user: User,
    jobs: Sequence[Job],
    forecast: Forecast | None = None,
    allowed: Quotas | None = None,
) -> Quote:
    """Return price and wait time of these unsaved jobs; place nothing.

    `forecast` and `allowed` if they are known already.
    """
    forecast = forecast or eta.of_jobs(jobs)
    total = sum(job.credits for job in jobs)
    if wait := budget_state.wait_of_order(
        user, budget_state.costs_of(jobs), states=forecast.budgets
    ):
        return Quote(user, len(jobs), total, eta=None, wait=wait)
    limit = eta.limit_of_order(user, forecast=forecast, allowed=allowed)
    times = eta.of_order_jobs(jobs, forecast=forecast, limit=limit)
    known = [time for time in times if time]
    if len(known) < len(times):
        return Quote(user, len(jobs), total, eta=None)
    last = Eta(
        max(time.p50 for time in known),
        max(time.p90 for time in known),
        max((time.basis for time in known), key=list(Basis).index),
    )
    return Quote(user, len(jobs), total, eta=last)


def of_requests(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    listed: bool = False,
    max_count: int = BATCH_MAX,
) -> Quote:
    """Return the quote of these requests.

    It takes them as `orders.place_batch` does, and raises InvalidParameters as that does.
    """
    drafted = drafts.of_requests(
        requests, user=user, catalog=model_cache.read(), listed=listed, max_count=max_count
    )
    return quote(user=user, jobs=drafted.jobs)
