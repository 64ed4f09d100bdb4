"""Price and wait time of an order that is not placed, for pages and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.web import formatting
from generation.catalog.offers import BATCH_MAX
from generation.jobs import eta
from generation.jobs.budgets.budget_state import BudgetWait
from generation.jobs.eta import Eta, OrderWait
from generation.jobs.live import status_text
from generation.jobs.placing import drafts
from generation.jobs.placing.job_request import UserCatalog
from generation.models import Job, model_cache


@dataclass(frozen=True)
class Quote:
    """Price and wait time of an order that is not placed; the wait for a budget, if it waits."""

    user: User
    count: int
    credits: int
    eta: Eta | None
    """Until its last image; None if that waits for a budget or room, or no job may start."""
    wait: BudgetWait | None = None
    in_background: bool = False

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
        return max(0, -self.left)

    @property
    def wait_note(self) -> str:
        """What the wait for a budget or a higher limit means, "" if it does not wait."""
        if self.wait is None:
            return "" if self.eta or self.in_background else str(status_text.LIMIT_IS_0)
        if self.wait.is_partial:
            text = _(
                "Not all of these images may fit into the budget. The others start from %(time)s."
            )
        else:
            text = _("The budget is used up. New images wait in the queue and start from %(time)s.")
        return text % {"time": formatting.moment(self.wait.until)}

    @property
    def waits_for(self) -> str:
        """The budget or the room that it waits for, on a button; "" for none."""
        if self.wait is None:
            return _("when there is room") if self.in_background else ""
        if status_text.is_next_day(self.wait.until):
            return _("waits for tomorrow’s budget")
        return _("waits for the next budget")


def of_requests(
    *,
    user: User,
    requests: Sequence[Mapping[str, Any]],
    is_listed: bool = False,
    max_count: int = BATCH_MAX,
) -> Quote:
    """Return the quote of these requests.

    It takes them as `orders.place` does, and raises InvalidParameters as that does.
    """
    catalog = UserCatalog(model_cache.read(), user)
    drafted = drafts.of_requests(
        requests, catalog=catalog, is_listed=is_listed, max_count=max_count
    )
    return quote(user, drafted.jobs, wait=eta.wait_of_order(user, drafted.jobs))


def quote(user: User, jobs: Sequence[Job], *, wait: OrderWait) -> Quote:
    total = sum(job.credits for job in jobs)
    return Quote(
        user,
        len(jobs),
        total,
        eta=wait.eta,
        wait=wait.budget,
        in_background=wait.in_background,
    )
