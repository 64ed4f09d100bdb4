"""The labels of jobs in the statement: what was spent for whom, and the lines of one label."""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from accounts import job_app
from accounts.job_app import LabelTotal
from accounts.models import CreditEntry, User

MAX_SHOWN = 50


def totals(user: User, *, month: date) -> Sequence[LabelTotal]:
    """Return the labels of the month, the most expensive first, at most MAX_SHOWN."""
    return job_app.registered.label_totals(user.pk, *month_of(month))[:MAX_SHOWN]


def of_label(
    entries: "QuerySet[CreditEntry]", user: User, *, label: str, month: date
) -> "QuerySet[CreditEntry]":
    """Keep the entries of jobs with this label that were placed in the month."""
    labeled = job_app.registered.labeled(user.pk, label, *month_of(month))
    return entries.filter(reference__in=labeled)


def month_of(first: date) -> tuple[datetime, datetime]:
    """Return when the month begins and ends."""
    start = timezone.make_aware(datetime.combine(first, time.min))
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start, timezone.make_aware(datetime.combine(after, time.min))
