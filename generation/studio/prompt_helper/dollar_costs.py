"""Dollars of calls of the text endpoint: they count for the budgets of the site and of groups.

A call counts with PROMPT_HELPER_CALL_USD once the endpoint has replied, a reply without a proposal
included. It has no model, so budgets of models leave it out.
"""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.limits import period_limits
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.jobs.budgets import budget_state
from generation.models import PromptSpending

NO_MODEL = 0
RETRY_AFTER_SECONDS = 60
"""While only jobs at RunPod leave no room in a budget: they may be cheaper than expected."""


ADD_CALL = """
INSERT INTO generation_promptspending (day, billed_day, group_id, calls, credits, usd)
SELECT %s, %s, member.group_id, 1, %s, %s
FROM (
    SELECT 0 AS group_id
    UNION ALL
    SELECT group_id FROM accounts_user_groups WHERE user_id = %s
) AS member
WHERE TRUE
ORDER BY member.group_id -- in this order, so that two transactions do not wait for each other
ON CONFLICT (day, billed_day, group_id) DO UPDATE SET
    calls = generation_promptspending.calls + 1,
    credits = generation_promptspending.credits + excluded.credits,
    usd = generation_promptspending.usd + excluded.usd
"""
"""Add a call to the sums of the day, of the site (0) and of each group of the user."""


class BudgetReached(Refusal):
    """A budget of the site or of the user's group has no room for a call."""

    code = "budget_reached"
    status = 503
    is_deliberate = True
    text = gettext_lazy(
        "Images in progress may use up the budget. Your prompt is unchanged and nothing was "
        "charged. Try again in a minute."
    )

    def __init__(self, until: datetime | None) -> None:
        seconds = RETRY_AFTER_SECONDS
        if until is not None:
            seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
        super().__init__(retry_after=seconds)
        self.until = until

    @property
    def message(self) -> str:
        """Why, and when to try again."""
        if self.until is None:
            return str(self.text)
        text = gettext_lazy(
            "The budget is used up. Your prompt is unchanged and nothing was charged. The prompt "
            "helper is available again from %(time)s."
        )
        return str(text) % {"time": formatting.moment(self.until)}


def refuse_beyond_budgets(user: User) -> None:
    """Raise BudgetReached if a call does not fit into a budget. No query if its price is unknown.

    Calls at the same moment do not wait for each other: together they may exceed a budget by the
    price of those that run at once.
    """
    usd: Decimal = settings.PROMPT_HELPER_CALL_USD
    if not usd:
        return
    wait = budget_state.wait_of_order(user, [(NO_MODEL, usd)], states=budget_state.states())
    if wait is not None:
        raise BudgetReached(wait.until if wait.is_spent else None)


def add(user: User, *, credits: int) -> None:
    """Count a call that the endpoint has replied to, and the credits charged for it."""
    day, billed_day = period_limits.today(), datetime.now(UTC).date()
    usd: Decimal = settings.PROMPT_HELPER_CALL_USD
    with connection.cursor() as cursor:
        cursor.execute(ADD_CALL, [day, billed_day, credits, usd, user.pk])


def forget(*, before: date) -> int:
    """Delete the sums of days before then, and return how many."""
    return PromptSpending.objects.filter(day__lt=before).delete()[0]
