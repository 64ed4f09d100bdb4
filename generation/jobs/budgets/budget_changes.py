"""Set budgets in dollars. Jobs that wait for one are considered again at once."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from artgen.refusals import Refusal
from generation.jobs.engine import dispatch, lifecycle
from generation.models import Budget, ImageModel


class InvalidBudget(Refusal):
    """The budget is not valid; nothing was changed."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__()
        self.error = error

    @property
    def message(self) -> str:
        return " ".join(self.error.messages)


def set_limit(
    *, group: Group | None, model: ImageModel | None, period: str, limit_usd: Decimal
) -> Budget:
    """Create the budget of this group or model, of all jobs without them, or change its limit.

    Raises:
        InvalidBudget: the limit is negative or has too many digits.
    """
    with transaction.atomic():
        scope: dict[str, Any] = {"group": group, "model": model, "period": period}
        budget = Budget.objects.filter(**scope).first() or Budget(**scope)
        budget.limit_usd = limit_usd
        try:
            budget.full_clean()
        except ValidationError as error:
            raise InvalidBudget(error) from error
        budget.save()
        reconsider()
    return budget


def remove(budget: Budget) -> None:
    with transaction.atomic():
        budget.delete()
        reconsider()


def reconsider(*, too_dear_at: ImageModel | None = None) -> int:
    """Make all parked jobs due and return how many: budgets or groups have changed.

    With a model: those that cost too much at its endpoints, because these or its ceiling have
    changed. Those that still do not fit are parked again. Call it in the transaction of the change.
    """
    jobs = lifecycle.unpark(too_dear_at=too_dear_at)
    for slug in sorted({job.model.slug for job in jobs}):
        dispatch.submit(slug)
    return len(jobs)
