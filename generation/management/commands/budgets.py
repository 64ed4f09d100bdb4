"""`budgets [--set USD | --remove] [--per day|month] [--group NAME | --model SLUG]`."""

from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandError, no_translations
from django.utils import timezone

from artgen.management.base import BaseCommand
from generation.jobs.budgets import budget_changes, budget_state
from generation.jobs.budgets.budget_state import BudgetState
from generation.management.text_table import lines
from generation.models import Budget, ImageModel, Job, Period

HEAD = ("BUDGET", "PER", "LIMIT", "SPENT", "AT RUNPOD", "USED", "STARTS AGAIN")


class Command(BaseCommand):
    help = (
        "Shows the budgets in dollars and what is used of them. --set creates one or changes its "
        "limit, --remove removes it: of all jobs, or of --group or --model. Jobs that wait for a "
        "budget start as soon as it is raised."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        change = parser.add_mutually_exclusive_group()
        change.add_argument("--set", type=_dollars, metavar="USD", help="the new limit")
        change.add_argument("--remove", action="store_true", help="remove the budget")
        parser.add_argument(
            "--per", choices=Period.values, default=Period.DAY.value, help="period (day)"
        )
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--group", metavar="NAME", help="only jobs of members of this group")
        scope.add_argument("--model", metavar="SLUG", help="only jobs of this model")

    @no_translations
    def handle(self, *args: object, **options: Any) -> None:
        group = _row_named(Group, "name", options["group"])
        model = _row_named(ImageModel, "slug", options["model"])
        limit, period = options["set"], options["per"]
        if limit is not None:
            budget_changes.set_limit(group=group, model=model, period=period, limit_usd=limit)
        elif options["remove"]:
            budget = Budget.objects.filter(group=group, model=model, period=period).first()
            if budget is None:
                raise CommandError("There is no such budget.")
            budget_changes.remove(budget)
        elif group or model:
            raise CommandError("Give --set USD or --remove.")
        states, parked = budget_state.states(), Job.objects.parked().count()
        for line in lines(HEAD, [_row(state) for state in states]) if states else ():
            self.stdout.write(line)
        if not states:
            self.stdout.write("No budget is set.")
        if parked:
            self.stdout.write(f"{parked} jobs wait for the next budget.")


def _dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ArgumentTypeError(f"must be an amount in dollars such as 20 or 2.50, not {text!r}")
    return amount


def _row_named(model: Any, field: str, value: str | None) -> Any:
    if value is None:
        return None
    row = model.objects.filter(**{field: value}).first()
    if row is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {value!r}.")
    return row


def _row(state: BudgetState) -> tuple[str, ...]:
    return (
        str(state.budget.scope),
        state.budget.period,
        f"${state.limit:.2f}",
        f"${state.spent:.2f}",
        f"${state.reserved:.2f}",
        f"{state.share:.0%}",
        f"{timezone.localtime(state.ends_at):%Y-%m-%d %H:%M}",
    )
