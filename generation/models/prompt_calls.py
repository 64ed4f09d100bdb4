"""Calls of the prompt helper: those that are under way and hold credits, and sums of all."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PromptCall(models.Model):
    """A call whose credits are held; its id is the reference in the ledger. No text is stored.

    The row is deleted when the call ends. One that is older than `expires_at` belongs to a process
    that was killed: the cleanup returns its credits. `studio.prompt_helper.charges` is the only
    writer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="prompt_calls",
        verbose_name=_("user"),
    )
    expires_at = models.DateTimeField(_("expires at"))

    class Meta:
        verbose_name = _("prompt call")
        verbose_name_plural = _("prompt calls")

    def __str__(self) -> str:
        return str(self.id)


class PromptSpending(models.Model):
    """Calls of a day, with their credits and dollars. `studio.prompt_helper.costs` is the only
    writer.

    Rows with a group are the part of its members. Beside `Spending`, whose rows have a model.
    """

    # In TIME_ZONE, as budgets count.
    day = models.DateField()
    # The same moment by UTC, as RunPod bills.
    billed_day = models.DateField()
    # 0: of all users.
    group_id = models.IntegerField(default=0)
    calls = models.PositiveIntegerField()
    credits = models.PositiveBigIntegerField()
    usd = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_prompt_sum_per_day", fields=["day", "billed_day", "group_id"]
            ),
            models.CheckConstraint(
                name="prompt_spending_is_not_negative", condition=Q(usd__gte=Decimal(0))
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.usd}"
