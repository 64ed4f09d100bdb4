"""How many jobs, cancellations and credits a user may use in a day and in a month.

The counters are in the user's row. A day begins at midnight of TIME_ZONE, a month at that of its
first day. The counters change in the UPDATE that changes the balance, so they take no statement,
and concurrent orders of one user cannot exceed a limit together: the second one waits for the row
and reads it again. Deleted jobs still count. The same UPDATE checks what an order may ask for at
all (`accounts.limits.quotas`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.limits import quotas
from accounts.limits.quotas import Order, Quotas
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting


@dataclass(frozen=True)
class Counter:
    """A counter of the user's row, and the quota that limits it."""

    amount: str
    """What it counts: `jobs`, `cancels` or `credits`."""
    column: str
    quota: str
    is_monthly: bool
    text: Any
    never: Any
    """What to say of an amount beyond the whole limit: it does not fit on another day either."""


COUNTERS = (
    Counter(
        *("jobs", "jobs_today", "jobs_per_day", False),
        gettext_lazy("The limit of images a day is reached: %(limit)s. It resets at %(time)s."),
        gettext_lazy("This is more than your account may create in a day. The limit is %(limit)s."),
    ),
    Counter(
        *("cancels", "cancels_today", "cancels_per_day", False),
        gettext_lazy(
            "The limit of cancellations a day is reached: %(limit)s. It resets at %(time)s."
        ),
        gettext_lazy("This is more than your account may cancel in a day. The limit is %(limit)s."),
    ),
    Counter(
        *("credits", "credits_today", "credits_per_day", False),
        gettext_lazy("The limit of credits a day is reached: %(limit)s. It resets at %(time)s."),
        gettext_lazy("This is more than your account may spend in a day. The limit is %(limit)s."),
    ),
    Counter(
        *("jobs", "jobs_this_month", "jobs_per_month", True),
        gettext_lazy("The limit of images a month is reached: %(limit)s. It resets on %(time)s."),
        gettext_lazy(
            "This is more than your account may create in a month. The limit is %(limit)s."
        ),
    ),
    Counter(
        *("credits", "credits_this_month", "credits_per_month", True),
        gettext_lazy("The limit of credits a month is reached: %(limit)s. It resets on %(time)s."),
        gettext_lazy(
            "This is more than your account may spend in a month. The limit is %(limit)s."
        ),
    ),
)


class PeriodLimitReached(Refusal):
    """One of the user's limits of the day or the month does not allow this; nothing was changed.

    `is_final`: the amount is larger than the whole limit, so no time is promised.
    """

    status = 429

    def __init__(self, counter: Counter, *, limit: int, is_final: bool) -> None:
        super().__init__(retry_after=_seconds_until(resets_at(counter)), limit=limit)
        self.code = "monthly_limit" if counter.is_monthly else "daily_limit"
        self.counter = counter
        self.limit = limit
        self.is_final = is_final

    @property
    def message(self) -> str:
        """What the limit is, and when it resets."""
        if self.is_final:
            return str(self.counter.never) % {"limit": formatting.number(self.limit)}
        written = formatting.moment if self.counter.is_monthly else formatting.clock
        return str(self.counter.text) % {
            "limit": formatting.number(self.limit),
            "time": written(resets_at(self.counter)),
        }


@dataclass(frozen=True)
class Counting:
    """SQL that counts: what is given before an UPDATE of the user's row, assignments, a condition.

    `given` is a common table expression without WITH. The values are in this order.
    """

    given: str
    given_values: list[Any]
    assignments: str
    values: list[Any]
    condition: str
    condition_values: list[Any]


def counting(
    user_id: UUID, *, order: Order | None = None, unlimited: bool = False, **amounts: int
) -> Counting:
    """Return the SQL that adds `jobs`, `cancels` or `credits`, if the user's quotas allow it.

    With `unlimited` they are counted only.
    """
    day = today()
    month = day.replace(day=1)
    assignments = ["counted_on = CASE WHEN counted_on >= %s THEN counted_on ELSE %s END"]
    values: list[Any] = [day, day]
    conditions, condition_values = ["TRUE"], []
    for counter in COUNTERS:
        # A machine whose clock is behind does not reset the counters again.
        since = month if counter.is_monthly else day
        so_far = f"CASE WHEN counted_on >= %s THEN {counter.column} ELSE 0 END"
        amount = amounts.get(counter.amount, 0)
        assignments.append(f"{counter.column} = %s + {so_far}")
        values += [amount, since]
        if amount and not unlimited:
            limit, limit_values = quotas.limit_sql(counter.quota)
            conditions.append(f"%s + {so_far} <= {limit}")
            condition_values += [amount, since, *limit_values]
    if order is not None and not unlimited:
        allowed, allowed_values = quotas.allowing(order)
        conditions.append(allowed)
        condition_values += allowed_values
    return Counting(
        quotas.grouped(),
        [user_id],
        ", ".join(assignments),
        values,
        " AND ".join(conditions),
        condition_values,
    )


def count_cancel(user_id: UUID) -> None:
    """Count one cancellation. The caller's transaction must have locked the user's row before.

    Raises:
        PeriodLimitReached: nothing was counted.
    """
    count = counting(user_id, cancels=1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {count.given} UPDATE accounts_user SET {count.assignments} "  # noqa: S608 constants
            f"WHERE id = %s AND {count.condition} RETURNING id",
            [
                *count.given_values,
                *count.values,
                user_id,
                *count.condition_values,
            ],
        )
        if cursor.fetchone():
            return
    user = User.objects.get(pk=user_id)
    raise refusal(user, quotas.of(user), cancels=1) or User.DoesNotExist


def refusal(user: User, allowed: Quotas, **amounts: int) -> PeriodLimitReached | None:
    """Return the refusal of these amounts, None if the user's limits allow them.

    Of several it is the one that lasts longest.
    """
    counted = used(user)
    found = None
    for counter in COUNTERS:
        amount, limit = amounts.get(counter.amount, 0), allowed.limit(counter.quota)
        if not amount or limit is None or counted[counter.quota] + amount <= limit:
            continue
        reached = PeriodLimitReached(counter, limit=limit, is_final=amount > limit)
        if found is None or reached.is_final or (counter.is_monthly and not found.is_final):
            found = reached
    return found


def used(user: User) -> Mapping[str, int]:
    """Return what the user has used today and in this month, by the name of the quota."""
    day = today()
    return {
        counter.quota: getattr(user, counter.column)
        if user.counted_on is not None
        and user.counted_on >= (day.replace(day=1) if counter.is_monthly else day)
        else 0
        for counter in COUNTERS
    }


def today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


def next_day() -> datetime:
    """Return when the counters of the day start again."""
    return begins_at(today() + timedelta(days=1))


def next_month() -> datetime:
    """Return when the counters of the month start again."""
    return begins_at((today().replace(day=1) + timedelta(days=32)).replace(day=1))


def resets_at(counter: Counter) -> datetime:
    """Return when this counter starts again."""
    return next_month() if counter.is_monthly else next_day()


def begins_at(day: date) -> datetime:
    """Return when the day begins in TIME_ZONE, in UTC.

    Where clocks are put forward at midnight it begins at 1:00, where they are put back to midnight
    at the first one. In UTC, because a moment of such hours equals none of another time zone.
    """
    local = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    return local.astimezone(UTC)


def _seconds_until(moment: datetime) -> int:
    return max(1, math.ceil((moment - timezone.now()).total_seconds()))
