"""How many jobs, cancellations and credits a user may use in a day and in a month.

The counters are in the user's row. A day begins at midnight of TIME_ZONE, a month at that of its
first day. The counters of jobs and credits change in the UPDATE that changes the balance
(`accounts.credits.holds.HOLD`), so they take no statement, and concurrent orders of one user cannot
exceed a limit together: the second one waits for the row and reads it again. Deleted jobs still
count.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.limits import quotas
from accounts.limits.quotas import Quotas
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
    text: Promise
    never: Promise
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
        if self.is_final:
            return str(self.counter.never) % {"limit": formatting.number(self.limit)}
        written = formatting.moment if self.counter.is_monthly else formatting.clock
        return str(self.counter.text) % {
            "limit": formatting.number(self.limit),
            "time": written(resets_at(self.counter)),
        }


COUNT_CANCEL = """
UPDATE accounts_user SET
    counted_on = GREATEST(counted_on, %(day)s),
    cancels_today = artgen_count(cancels_today, counted_on, %(day)s) + 1,
    jobs_today = artgen_count(jobs_today, counted_on, %(day)s),
    jobs_this_month = artgen_count(jobs_this_month, counted_on, %(month)s),
    credits_today = artgen_count(credits_today, counted_on, %(day)s),
    credits_this_month = artgen_count(credits_this_month, counted_on, %(month)s)
WHERE id = %(user_id)s AND (
    SELECT artgen_count(cancels_today, counted_on, %(day)s) < cancels_per_day
    FROM artgen_quotas(accounts_user, %(site)s::jsonb)
) IS NOT FALSE
RETURNING id
"""


def count_cancel(user_id: UUID) -> None:
    """Count one cancellation. The caller's transaction must have locked the user's row before.

    Raises:
        PeriodLimitReached: nothing was counted.
    """
    day = today()
    values: dict[str, UUID | date | str] = {
        "user_id": user_id,
        "day": day,
        "month": day.replace(day=1),
        "site": quotas.site(),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CANCEL, values)
        if cursor.fetchone():
            return
    user = User.objects.get(pk=user_id)
    raise refusal(user, quotas.of(user), cancels=1) or User.DoesNotExist


def refusal(user: User, allowed: Quotas, **amounts: int) -> PeriodLimitReached | None:
    """Return the refusal of these amounts, None if the user's limits allow them.

    Of several it is the one that lasts longest.
    """
    counts = used(user)
    worst = None
    for counter in COUNTERS:
        amount, limit = amounts.get(counter.amount, 0), allowed.limit(counter.quota)
        if not amount or limit is None or counts[counter.quota] + amount <= limit:
            continue
        reached = PeriodLimitReached(counter, limit=limit, is_final=amount > limit)
        if worst is None or reached.is_final or (counter.is_monthly and not worst.is_final):
            worst = reached
    return worst


def used(user: User) -> Mapping[str, int]:
    """Return what the user has used today and in this month, by the name of the quota."""
    day = today()
    month = day.replace(day=1)
    counts = {}
    for counter in COUNTERS:
        since = month if counter.is_monthly else day
        is_current = user.counted_on is not None and user.counted_on >= since
        counts[counter.quota] = getattr(user, counter.column) if is_current else 0
    return counts


def today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


def next_day() -> datetime:
    return begins_at(today() + timedelta(days=1))


def next_month() -> datetime:
    return begins_at((today().replace(day=1) + timedelta(days=32)).replace(day=1))


def resets_at(counter: Counter) -> datetime:
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
