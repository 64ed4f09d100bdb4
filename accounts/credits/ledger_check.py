"""Whether the users' balances are what the entries of the ledger say."""

from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from django.db.models import Exists, F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.credits.ledger import ENDS, Kind
from accounts.models import CreditEntry, User


@dataclass(frozen=True)
class Discrepancy:
    """A difference between a stored value and the entries."""

    email: str
    what: Literal["credits", "held", "end without its hold"]
    stored: int
    entries: int


def check() -> list[Discrepancy]:
    """Return every difference between the entries and the users' rows, in two queries.

    Each query sees one snapshot, so running jobs cause no false difference.
    """
    mine = CreditEntry.objects.filter(user=OuterRef("pk")).order_by().values("user")
    ends = CreditEntry.objects.filter(reference=OuterRef("reference"), kind__in=ENDS)
    users = User.objects.annotate(
        sum_of_entries=_sum(mine), sum_of_holds=_sum(mine.filter(~Exists(ends), kind=Kind.HOLD))
    ).exclude(credits=F("sum_of_entries"), held=-F("sum_of_holds"))
    discrepancies: list[Discrepancy] = []
    for user in users.order_by("email", "id"):
        if user.credits != user.sum_of_entries:
            discrepancies.append(
                Discrepancy(user.email, "credits", user.credits, user.sum_of_entries)
            )
        if user.held != -user.sum_of_holds:
            discrepancies.append(Discrepancy(user.email, "held", user.held, -user.sum_of_holds))
    its_hold = CreditEntry.objects.filter(
        reference=OuterRef("reference"), user=OuterRef("user"), kind=Kind.HOLD
    ).annotate(back=-F("amount"))
    strays = (
        CreditEntry.objects.filter(kind__in=ENDS)
        .annotate(held=Subquery(its_hold.values("back")[:1]))
        .filter(Q(held=None) | Q(amount__gt=F("held")))
    )
    for email, amount, held in strays.order_by("created_at", "id").values_list(
        "user__email", "amount", "held"
    ):
        discrepancies.append(Discrepancy(email, "end without its hold", amount, held or 0))
    return discrepancies


def _sum(entries: models.QuerySet[CreditEntry, Any]) -> Coalesce:
    return Coalesce(
        Subquery(entries.annotate(total=Sum("amount")).values("total")),
        0,
        output_field=IntegerField(),
    )
