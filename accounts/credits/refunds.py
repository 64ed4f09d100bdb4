"""Refunds: staff return what a finished job was charged, whole or in part, once."""

from uuid import UUID

from django.db import transaction
from django.db.models import Model, Sum
from django.utils.translation import gettext, gettext_lazy

from accounts.credits import ledger
from accounts.emails import outbox, texts
from accounts.models import CreditEntry, User
from artgen.admin import audit
from artgen.refusals import Refusal
from artgen.web import formatting

PREFIX = "refund:"
"""Of the external reference of a refund, which ends in the reference of the job's hold."""


class AlreadyRefunded(Refusal):
    """Another refund of this job exists; nothing was changed."""

    code = "already_refunded"
    status = 409
    text = gettext_lazy("This job was already refunded.")


class TooMuch(Refusal):
    """The job was charged less than that, or nothing yet; nothing was changed."""

    code = "refund_too_high"
    status = 409

    def __init__(self, *, charged: int) -> None:
        super().__init__(charged=charged)
        self.charged = charged

    @property
    def message(self) -> str:
        values = {"credits": formatting.credits(self.charged)}
        return gettext("The job was charged %(credits)s.") % values


def charged(reference: UUID) -> int:
    """Return what the ended hold of this reference has cost; 0 while it is held, or without one."""
    entries = CreditEntry.objects.filter(reference=reference)
    if not entries.filter(kind__in=ledger.ENDS).exists():
        return 0
    total: int = entries.aggregate(total=Sum("amount"))["total"]
    return -total


def of(reference: UUID) -> CreditEntry | None:
    """Return the refund of the job with this reference."""
    return CreditEntry.objects.filter(external_reference=f"{PREFIX}{reference}").first()


def refund(*, user: User, job: Model, amount: int, reason: str, actor: User) -> CreditEntry:
    """Return `amount` ≥ 1 of what the job was charged to its owner, and write to the owner.

    Raises `TooMuch`, `AlreadyRefunded` or `ledger.TooManyCredits`.
    """
    if amount > (most := charged(job.pk)):
        raise TooMuch(charged=most)
    with transaction.atomic():
        # The lock decides between two members of staff.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
        if of(job.pk):
            raise AlreadyRefunded
        entry = ledger.grant(
            user=user,
            amount=amount,
            reason=reason,
            actor=actor,
            external_reference=f"{PREFIX}{job.pk}",
        )
        audit.record(actor=actor, row=job, text=f"refunded {amount} credits: {reason}")
        outbox.enqueue(texts.refunded(user=user, amount=amount, reason=reason))
    return entry
