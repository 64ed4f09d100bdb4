"""Budgets that are nearly or entirely used."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generation.jobs.budgets import budget_state
from generation.operations.alerts.conditions.condition import (
    Condition,
    ConditionGroup,
    Severity,
    Values,
    variant,
)


class BudgetConditions(ConditionGroup):
    """Each budget has an alert of its own."""

    conditions = {
        "BudgetNear": Condition(
            _(
                "Budget of %(budget)s: $%(used)s of $%(limit)s are used; it starts again at "
                "%(ends)s."
            ),
            _("See “Budgets” in the admin."),
            severity=Severity.WARNING,
            hold=timedelta(),
        ),
        "BudgetReached": Condition(
            _("The budget of %(budget)s, $%(limit)s, is used up: jobs wait until %(ends)s."),
            _("Raise it under “Budgets” in the admin, or with manage.py budgets, or wait."),
            hold=timedelta(),
        ),
    }

    def measure(self) -> Iterator[tuple[str, Values]]:
        host = settings.PUBLIC_URL.partition("://")[2]
        for state in budget_state.states():
            is_used_up = state.is_reached or budget_state.waiting_for(state).exists()
            if not (state.is_near or is_used_up):
                continue
            name = variant("BudgetReached" if is_used_up else "BudgetNear", state.budget.pk)
            yield (
                name,
                {
                    "budget": str(state.budget.group or state.budget.model or host),
                    "used": f"{state.used:.2f}",
                    "limit": f"{state.limit:.2f}",
                    "ends": f"{timezone.localtime(state.ends_at):%Y-%m-%d %H:%M}",
                },
            )
