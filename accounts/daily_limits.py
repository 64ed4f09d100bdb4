"""How many jobs, cancellations and credits a user may use in a day: counters in the user's row.

A day begins at midnight of TIME_ZONE. The counters change in the UPDATE that changes the balance,
so they take no statement, and concurrent orders of one user cannot exceed a limit together: the
second one waits for the row and reads it again. Deleted jobs still count.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen import formatting
from artgen.refusals import Refusal

MAX_INTEGER = 2**62  # stands for no limit
COUNTERS = ("jobs", "cancels", "credits")
TEXTS = {
    "jobs": gettext_lazy("The limit of %(limit)s images a day is reached. It resets at %(time)s."),
    "cancels": gettext_lazy(
        "The limit of %(limit)s cancellations a day is reached. It resets at %(time)s."
    ),
    "credits": gettext_lazy(
        "The limit of %(limit)s credits a day is reached. It resets at %(time)s."
    ),
}


class DailyLimitReached(Refusal):
    """One of the user's daily limits does not allow this; nothing was changed."""

    code = "daily_limit"
    status = 429

    def __init__(self, counter: str, *, limit: int) -> None:
        super().__init__(retry_after=_seconds_left(), limit=limit)
        self.counter = counter
        self.limit = limit

    @property
    def message(self) -> str:
        """What the limit is, and when it resets."""
        return str(TEXTS[self.counter]) % {
            "limit": formatting.number(self.limit),
            "time": formatting.clock(next_day()),
        }


@dataclass(frozen=True)
class Counting:
    """SQL that counts: assignments and a condition for an UPDATE of the user's row."""

    assignments: str
    values: list[Any]
    condition: str
    condition_values: list[Any]


def counting(*, unlimited: bool = False, **amounts: int) -> Counting:
    """Return the SQL that adds `jobs`, `cancels` or `credits`, if the limits allow it.

    With `unlimited` they are counted only.
    """
    day = today()
    assignments = ["counted_on = CASE WHEN counted_on >= %s THEN counted_on ELSE %s END"]
    values: list[Any] = [day, day]
    conditions, condition_values = ["TRUE"], []
    for counter in COUNTERS:
        # A machine whose clock is behind does not reset the counters again.
        so_far = f"CASE WHEN counted_on >= %s THEN {counter}_today ELSE 0 END"
        assignments.append(f"{counter}_today = %s + {so_far}")
        amount = amounts.get(counter, 0)
        values += [amount, day]
        if amount and not unlimited:
            conditions.append(f"%s + {so_far} <= COALESCE(max_{counter}_per_day, %s)")
            limit = default(counter)
            condition_values += [amount, day, MAX_INTEGER if limit is None else limit]
    return Counting(", ".join(assignments), values, " AND ".join(conditions), condition_values)


def count_cancel(user_id: UUID) -> None:
    """Count one cancellation. The caller's transaction must have locked the user's row before.

    Raises:
        DailyLimitReached: nothing was counted.
    """
    count = counting(cancels=1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE accounts_user SET {count.assignments} WHERE id = %s AND {count.condition}",  # noqa: S608 constants
            [
                *count.values,
                User._meta.pk.get_db_prep_value(user_id, connection),
                *count.condition_values,
            ],
        )
        if cursor.rowcount:
            return
    raise refusal(User.objects.get(pk=user_id), cancels=1) or User.DoesNotExist


def refusal(user: User, **amounts: int) -> DailyLimitReached | None:
    """Return the refusal of these amounts, None if the user's limits allow them."""
    counted = used(user)
    for counter, amount in amounts.items():
        limit = limit_of(user, counter)
        if amount and limit is not None and counted[counter] + amount > limit:
            return DailyLimitReached(counter, limit=limit)
    return None


def used(user: User) -> Mapping[str, int]:
    """Return what the user has used today, by counter."""
    is_today = user.counted_on is not None and user.counted_on >= today()
    return {counter: getattr(user, f"{counter}_today") if is_today else 0 for counter in COUNTERS}


def limit_of(user: User, counter: str) -> int | None:
    """Return the user's own limit, else the site's; None: no limit."""
    own: int | None = getattr(user, f"max_{counter}_per_day")
    return default(counter) if own is None else own


def default(counter: str) -> int | None:
    """Return the limit of users without one of their own; None: no limit."""
    limit: int | None = getattr(settings, f"MAX_{counter.upper()}_PER_DAY")
    return limit


def today() -> date:
    """Return the date in TIME_ZONE."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def next_day() -> datetime:
    """Return when the counters start again."""
    zone = timezone.get_default_timezone()
    return datetime.combine(today() + timedelta(days=1), time.min, tzinfo=zone)


def _seconds_left() -> int:
    return max(1, math.ceil((next_day() - timezone.now()).total_seconds()))
