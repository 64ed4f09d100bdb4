"""Ranges of days in filters: named, a month, or from–to, in the active time zone."""

from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy


class When(TextChoices):
    TODAY = "today", pgettext_lazy("when the picture was made", "Today")
    WEEK = "week", pgettext_lazy("when the picture was made", "This week")
    MONTH = "month", pgettext_lazy("when the picture was made", "This month")
    LAST_MONTH = "last-month", pgettext_lazy("when the picture was made", "Last month")


def named(text: str) -> tuple[date, date, str] | None:
    """Return first day, last day and name of "today", "week", "month", "last-month", "2026-11"."""
    today = timezone.localdate()
    first = today.replace(day=1)
    match text:
        case When.TODAY:
            return today, today, str(When.TODAY.label)
        case When.WEEK:
            return today - timedelta(days=today.weekday()), today, str(When.WEEK.label)
        case When.MONTH:
            return first, today, str(When.MONTH.label)
        case When.LAST_MONTH:
            last = first - timedelta(days=1)
            return last.replace(day=1), last, str(When.LAST_MONTH.label)
    month = _date(f"{text}-01")
    return (month, last_of(month), formats.date_format(month, "F Y")) if month else None


def between(since: str, until: str) -> tuple[date | None, date | None] | None:
    """Return first and last day in order, None for an open end; None if both are open."""
    days = _date(since), _date(until)
    if days[0] and days[1] and days[0] > days[1]:
        return days[1], days[0]
    return days if any(days) else None


def label(since: date | None, until: date | None) -> str:
    first, last = (
        formats.date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (since, until)
    )
    if since and until:
        return first if since == until else f"{first} – {last}"
    text = _("From %(day)s") if since else _("Until %(day)s")
    return text % {"day": first or last}


def last_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None
