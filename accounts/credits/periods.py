"""Months in the current time zone."""

from datetime import date, datetime, time

from django.utils import timezone


def month_of(first: date) -> tuple[datetime, datetime]:
    """Return when the month begins and ends."""
    start = timezone.make_aware(datetime.combine(first, time.min))
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start, timezone.make_aware(datetime.combine(after, time.min))
