"""The ledger in words, and the usage by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CreditEntry, User
from artgen import words

Kind = CreditEntry.Kind


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it."""

    what: str
    reason: str
    reference: UUID | None
    kind: str
    amount: int
    balance_after: int
    created_at: datetime

    @property
    def signed(self) -> str:
        """Return the amount with its sign: "+50", "−12", "0"."""
        return signed(self.amount)


def signed(amount: int) -> str:
    """Return a number with a sign that is as wide as a digit: "+50", "−12", "0"."""
    return ("+" if amount > 0 else "−" if amount < 0 else "") + words.number(abs(amount))


def lines(entries: Iterable[CreditEntry]) -> list[Line]:
    """Return the entries in words, in their order; one query more for what the settled holds were."""
    entries = list(entries)
    settled = [entry.reference for entry in entries if entry.kind == Kind.SETTLE]
    held = dict(
        CreditEntry.objects.filter(kind=Kind.HOLD, reference__in=settled).values_list("reference", "amount")
        if settled
        else ()
    )
    return [
        Line(
            what=_what(entry, held.get(entry.reference, 0)),
            reason=_(entry.reason) if entry.reason else "",
            reference=entry.reference,
            kind=entry.kind,
            amount=entry.amount,
            balance_after=entry.balance_after,
            created_at=entry.created_at,
        )
        for entry in entries
    ]


def _what(entry: CreditEntry, held: int) -> str:
    if entry.kind == Kind.HOLD:
        return _("Held for a picture")
    if entry.kind == Kind.SETTLE:
        return _("%(credits)s charged from the hold") % {"credits": words.credits(-held - entry.amount)}
    return str(entry.get_kind_display())


@dataclass(frozen=True)
class Day:
    """What was charged on one day, in so many jobs."""

    date: date
    credits: int
    jobs: int


def usage(*, user: User, days: int = 30) -> list[Day]:
    """Return what the user was charged on each of the last days, oldest first, today last, in one query.

    A day begins at midnight of the current time zone.
    """
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    since = timezone.make_aware(datetime.combine(first, time.min))
    hold = CreditEntry.objects.filter(kind=Kind.HOLD, reference=OuterRef("reference"))
    rows = (
        CreditEntry.objects.filter(user=user, kind=Kind.SETTLE, created_at__gte=since)
        .annotate(held=Subquery(hold.values("amount")[:1]), day=TruncDate("created_at"))
        .order_by()
        .values("day")
        .annotate(credits=Sum(-F("held") - F("amount")), jobs=Count("id"))
    )
    by_day = {row["day"]: row for row in rows}
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        row = by_day.get(day)
        found.append(Day(day, row["credits"], row["jobs"]) if row else Day(day, 0, 0))
    return found


@dataclass(frozen=True)
class Bar:
    """One day of the chart; whole units of its viewBox, 24 × 120 a day."""

    day: Day
    x: int
    y: int
    height: int
    today: bool


@dataclass(frozen=True)
class Chart:
    """Bars of the usage by day, with the sentence that says the same."""

    bars: list[Bar]
    width: int
    credits: int
    jobs: int
    most: Day
    summary: str

    HEIGHT = 120


def chart(days: list[Day]) -> Chart:
    """Return the bars for these days, the highest 108 of 120 units, an empty day 2."""
    most = max(days, key=lambda day: day.credits)
    total = sum(day.credits for day in days)
    bars = []
    for number, day in enumerate(days):
        height = max(2, round(day.credits * 108 / most.credits)) if day.credits else 2
        bars.append(Bar(day, number * 24 + 4, Chart.HEIGHT - height, height, number == len(days) - 1))
    if total:
        summary = _("Spent by day: %(total)s in %(days)s days, most on %(day)s: %(credits)s.") % {
            "total": words.credits(total),
            "days": len(days),
            "day": words.day(most.date),
            "credits": words.credits(most.credits),
        }
    else:
        summary = _("Nothing was spent in the last %(days)s days.") % {"days": len(days)}
    return Chart(bars, len(days) * 24, total, sum(day.jobs for day in days), most, summary)
