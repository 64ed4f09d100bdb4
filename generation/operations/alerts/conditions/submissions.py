"""Submissions to RunPod that are stopped: by an outage, by staff or by a budget."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generation.jobs import clients
from generation.jobs.budgets import budget_state
from generation.models import Endpoint, GenerationSwitch, ProviderOutage
from generation.providers.call_errors import KeyRefused, ProviderError
from generation.providers.provider import WAVESPEED

from .condition import (
    INFO,
    WARNING,
    Condition,
    ConditionGroup,
    Measured,
    SlowConditionGroup,
    minutes,
    variant,
)


class SubmissionConditions(ConditionGroup):
    conditions = {
        "ProviderOutage": Condition(
            _("Submissions to endpoints are stopped (%(problems)s). Jobs wait and do not fail."),
            _(
                "Set a valid API key (RUNPOD_API_KEY, WAVESPEED_API_KEY), correct the endpoint, or "
                "the request format of its model. See deploy/docs/operations.md."
            ),
            hold=timedelta(),
        ),
        "CreatingOff": Condition(
            _("Image creation is off."),
            _("Turn it on in the admin, or with manage.py generation on."),
            severity=INFO,
            hold=minutes(60),
        ),
    }

    def measure(self) -> Measured:
        outages = ProviderOutage.objects.all()
        if problems := [f"{one.kind} {one.provider} {one.endpoint_id}" for one in outages]:
            yield "ProviderOutage", {"problems": "; ".join(problems)}
        if GenerationSwitch.objects.filter(on=False).exists():
            yield "CreatingOff", {}


class BalanceConditions(SlowConditionGroup):
    every = minutes(10)
    conditions = {
        "BalanceLow": Condition(
            _("The account at WaveSpeed has $%(balance)s left."),
            _("Top it up at wavespeed.ai: without money it makes no images."),
            severity=WARNING,
            hold=timedelta(),
            limit=5,  # dollars
        ),
        "BalanceUnknown": Condition(
            _("The balance of the account at WaveSpeed cannot be read: %(error)s."),
            _("See the balance at wavespeed.ai: without money it makes no images."),
            severity=WARNING,
            hold=minutes(60),
        ),
    }

    def read(self) -> Measured:
        used = Endpoint.objects.enabled().filter(provider=WAVESPEED, model__enabled=True)
        if not (clients.is_set_up(WAVESPEED) and used.exists()):
            return
        try:
            balance = clients.wavespeed().balance()
        except KeyRefused:
            return  # it has a condition of its own
        except ProviderError as error:
            yield "BalanceUnknown", {"error": str(error)}
        else:
            if balance < self.limit("BalanceLow"):
                yield "BalanceLow", {"balance": f"{balance:.2f}"}


class BudgetConditions(ConditionGroup):
    """Each budget has an alert of its own."""

    conditions = {
        "BudgetNear": Condition(
            _(
                "Budget of %(budget)s: $%(used)s of $%(limit)s are used; it starts again at "
                "%(ends)s."
            ),
            _("See “Budgets” in the admin."),
            severity=WARNING,
            hold=timedelta(),
        ),
        "BudgetReached": Condition(
            _("The budget of %(budget)s, $%(limit)s, is used up: jobs wait until %(ends)s."),
            _("Raise it under “Budgets” in the admin, or with manage.py budgets, or wait."),
            hold=timedelta(),
        ),
    }

    def measure(self) -> Measured:
        host = settings.PUBLIC_URL.partition("://")[2]
        for state in budget_state.states():
            is_used_up = state.is_reached or budget_state.parked_by(state).exists()
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
