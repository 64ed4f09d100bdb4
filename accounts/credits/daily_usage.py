"""The usage by day: what was charged, as a list and as a chart."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CreditEntry, User
from artgen.web import formatting

Kind = CreditEntry.Kind


@dataclass(frozen=True)
class DailyUsage:
    """The credits charged on one day, and the number of jobs."""

    date: date
    credits: int
    jobs: int


def of(*, user: User, days: int = 30) -> list[DailyUsage]:
    """Return the user's usage on each of the last days, oldest first, in one query.

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
    rows_by_day = {row["day"]: row for row in rows}
    usage_by_day = []
    for number in range(days):
        day = first + timedelta(days=number)
        row = rows_by_day.get(day, {"credits": 0, "jobs": 0})
        usage_by_day.append(DailyUsage(day, row["credits"], row["jobs"]))
    return usage_by_day


@dataclass(frozen=True)
class Bar:
    """One day of the chart, in units of its viewBox, which has 24 × 120 per day."""

    day: DailyUsage
    x: int
    y: int
    height: int
    kind: str  # "none", "today" or "day"


@dataclass(frozen=True)
class Chart:
    """Bars of the usage by day, and the same as a sentence."""

    bars: list[Bar]
    width: int
    credits: int
    jobs: int
    most: DailyUsage
    today: int  # credits
    summary: str

    HEIGHT = 120

    @property
    def shows_peak(self) -> bool:
        """Whether the highest day differs from today, which is always labeled."""
        return bool(self.credits) and self.today not in (self.credits, self.most.credits)


def chart(days: list[DailyUsage]) -> Chart:
    """Return the bars of these days: the highest has 108 of 120 units, an empty day 2."""
    most = max(days, key=lambda day: day.credits)
    total = sum(day.credits for day in days)
    bars = []
    for number, day in enumerate(days):
        height, kind = 2, "none"
        if day.credits:
            height = max(2, round(day.credits * 108 / most.credits))
            kind = "today" if day is days[-1] else "day"
        bars.append(Bar(day, number * 24 + 4, Chart.HEIGHT - height, height, kind))
    if total:
        summary = _("Spent by day: %(total)s in %(days)s days, most on %(day)s: %(credits)s.") % {
            "total": formatting.credits(total),
            "days": len(days),
            "day": formatting.day(most.date),
            "credits": formatting.credits(most.credits),
        }
    else:
        summary = _("Nothing was spent in the last %(days)s days.") % {"days": len(days)}
    return Chart(
        bars, len(days) * 24, total, sum(day.jobs for day in days), most, days[-1].credits, summary
    )
