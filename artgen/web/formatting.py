"""Numbers, credits and times as text, in the active language."""

import math
from collections.abc import Callable
from datetime import date, datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

NBSP = "\N{NO-BREAK SPACE}"
"""Joins a number to its unit."""
DASH = "–\N{WORD JOINER}"
"""Joins the ends of a range."""
MINUTES_IN_HOURS = 48 * 60
"""From here on `elapsed` counts in days."""


def credits(amount: int) -> str:
    return _joined(
        ngettext("%(count)s credit", "%(count)s credits", abs(amount)) % {"count": number(amount)}
    )


def from_credits(amount: int) -> str:
    return _joined(
        ngettext("from %(count)s credit", "from %(count)s credits", amount)
        % {"count": number(amount)}
    )


def image_count(count: int) -> str:
    return _joined(
        ngettext("%(count)s image", "%(count)s images", count) % {"count": number(count)}
    )


def number(value: int) -> str:
    """Return a whole number with the language's thousands separator: "1,284", "1 284"."""
    return formats.number_format(value, use_l10n=True, force_grouping=True)


def decimal(value: float) -> str:
    """Return a number with at most two decimals: "1.5", "1,5"."""
    places = next((n for n in (0, 1) if round(value, n) == round(value, 2)), 2)
    return formats.number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """Return a share as "97.5%", rounded down: only all is 100%."""
    tenths = math.floor(share * 1000 + 1e-9)
    places = 1 if tenths % 10 else 0
    amount = formats.number_format(tenths / 10, decimal_pos=places, use_l10n=True)
    return _joined(_("%(amount)s%%") % {"amount": amount})


def duration(seconds: float) -> str:
    """Return a duration as people say it: "7 s", "35 s", "1.5 min", "20 min", "3.5 h", "4 d"."""
    amount, unit = _rounded(seconds)
    return _with_unit(_amount(amount), unit)


def elapsed(since: datetime, *, until: datetime) -> str:
    """Return how long something has lasted, rounded down: "less than a minute", "7 min", "2 d".

    Only units without grammatical cases, so that it fits into any sentence.
    """
    minutes = int((until - since).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return _joined(_("%(amount)s min") % {"amount": number(minutes)})
    if minutes < MINUTES_IN_HOURS:
        return _joined(_("%(amount)s h") % {"amount": number(minutes // 60)})
    return _joined(_("%(amount)s d") % {"amount": number(minutes // (24 * 60))})


def about(p50: float, p90: float) -> str:
    """Return a forecast as a range, "20–60 s"; "about 40 s" where both ends are shown alike."""
    if _rounded(p50) == _rounded(p90):
        return _("about %(duration)s") % {"duration": duration(p50)}
    return span(p50, p90)


def span(low: float, high: float) -> str:
    """Return a range of durations, "20–40 s" or "40 s–2 min"."""
    (first, unit), (last, last_unit) = _rounded(low), _rounded(high)
    if unit != last_unit:
        return f"{_with_unit(_amount(first), unit)}{DASH}{_with_unit(_amount(last), last_unit)}"
    if first == last:
        return duration(low)
    return _with_unit(f"{_amount(first)}{DASH}{_amount(last)}", unit)


def _rounded(seconds: float) -> tuple[float, str]:
    seconds = max(1, seconds)
    if seconds < 10:
        return round(seconds), "s"
    if seconds < 57.5:
        return 5 * round(seconds / 5), "s"
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 9.75:
        return max(1, round(2 * minutes) / 2), "min"
    if minutes < 89.5:
        return round(minutes), "min"
    if hours < 47.75:
        return round(2 * hours) / 2, "h"
    return round(hours / 24), "d"


def _amount(value: float) -> str:
    return formats.number_format(value, decimal_pos=0 if value == int(value) else 1, use_l10n=True)


def unit_texts() -> dict[str, str]:
    return {
        "s": _("%(amount)s s"),
        "min": _("%(amount)s min"),
        "h": _("%(amount)s h"),
        "d": _("%(amount)s d"),
    }


def _with_unit(amount: str, unit: str) -> str:
    return _joined(unit_texts()[unit] % {"amount": amount})


def _joined(text: str) -> str:
    return text.replace(" ", NBSP)


def day(value: datetime | date) -> str:
    """Return a day: "today", "yesterday", "November 18", "November 18, 2024"."""
    today = timezone.localdate()
    when = timezone.localtime(value).date() if isinstance(value, datetime) else value
    if when == today:
        return _("today")
    if (today - when).days == 1:
        return _("yesterday")
    # Django's default formats have the Russian month in the nominative ("18 Ноябрь").
    if when.year == today.year:
        return formats.date_format(when, pgettext("date format of Django: month and day", "F j"))
    return formats.date_format(
        when, pgettext("date format of Django: month, day and year", "F j, Y")
    )


def moment(value: datetime) -> str:
    """Return a day and time: "today, 10:12", "November 18, 9:41"."""
    return f"{day(value)}, {clock(value)}"


def clock(value: datetime) -> str:
    """Return the time of day: "10:12"."""
    return timezone.localtime(value).strftime("%-H:%M")


def file_size(count: int) -> str:
    """Return a file size: "1.2 GB", "2.1 MB", "340 kB", "0 kB"."""
    if count >= 1_000_000_000:
        amount = formats.number_format(count / 1e9, decimal_pos=1, use_l10n=True)
        return _joined(_("%(amount)s GB") % {"amount": amount})
    if count >= 1_000_000:
        amount = formats.number_format(count / 1e6, decimal_pos=1, use_l10n=True)
        return _joined(_("%(amount)s MB") % {"amount": amount})
    return _joined(_("%(amount)s kB") % {"amount": max(min(1, count), round(count / 1000))})


def plural_forms(translated: Callable[[int], str]) -> dict[str, str]:
    """Return a sentence's plural forms by CLDR category, for `Intl.PluralRules` in scripts.

    `translated` calls ngettext with its number. 1, 2 and 5 give one, few and many: all forms of
    Russian; English has one and other.
    """
    return {
        "one": translated(1),
        "few": translated(2),
        "many": translated(5),
        "other": translated(2),
    }
