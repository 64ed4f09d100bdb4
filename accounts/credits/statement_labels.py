"""The labels of jobs in the statement: what was spent for whom, and the lines of one label.

The app that has the jobs provides LEDGER_LABELS and LEDGER_LABELED.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import CreditEntry, User

MAX_SHOWN = 50


@dataclass(frozen=True)
class LabelTotal:
    """What the jobs of one label, placed in a month, have cost."""

    label: str
    jobs: int
    credits: int


def totals(user: User, *, month: date) -> Sequence[LabelTotal]:
    """Return the labels of the month, the most expensive first, at most MAX_SHOWN."""
    read: Callable[..., Sequence[LabelTotal]] = import_string(settings.LEDGER_LABELS)
    return read(user.pk, *month_of(month))[:MAX_SHOWN]


def of_label(
    entries: "QuerySet[CreditEntry]", user: User, *, label: str, month: date
) -> "QuerySet[CreditEntry]":
    """Keep the entries of jobs with this label that were placed in the month."""
    labeled = import_string(settings.LEDGER_LABELED)
    return entries.filter(reference__in=labeled(user.pk, label, *month_of(month)))


def month_of(first: date) -> tuple[datetime, datetime]:
    """Return when the month begins and ends."""
    start = timezone.make_aware(datetime.combine(first, time.min))
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start, timezone.make_aware(datetime.combine(after, time.min))
