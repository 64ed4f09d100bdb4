"""The years of times that staff enter: those that every time zone can show."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST, LAST = 2000, 2999


def has(value: date) -> bool:
    """Return whether the year of a day or time is one of them."""
    return FIRST <= value.year <= LAST


def validate(value: date) -> None:
    """Raise ValidationError for a year outside FIRST to LAST.

    Python has no year 0 and no year 10000. A user whose time zone is east of that of staff reads
    9999-12-31 23:59 as a day after the last one: each page that shows it would fail.
    """
    if not has(value):
        raise ValidationError(
            _("Enter a year from %(first)d to %(last)d."),
            code="year",
            params={"first": FIRST, "last": LAST},
        )
