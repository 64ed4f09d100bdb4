"""The ledger in words, and the usage by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import ledger_descriptions
from accounts.ledger_descriptions import Subject
from accounts.models import CreditEntry, User
from artgen import formatting

Kind = CreditEntry.Kind
REASON_LENGTH = 120


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it, or several of one run that came together."""

    what: str
    reason: str
    url: str
    picture: str
    kind: str
    amount: int
    spent: int  # what a charge took out of the hold; it changes no balance
    balance_after: int
    created_at: datetime

    @property
    def signed(self) -> str:
        """Return the amount with its sign: "+50", "−12"; of a charge that gave nothing back, what was charged."""
        return (
            formatting.number(self.spent) if self.spent and not self.amount else signed(self.amount)
        )


def signed(amount: int) -> str:
    """Return a number with a sign that is as wide as a digit: "+50", "−12", "0"."""
    return ("+" if amount > 0 else "−" if amount < 0 else "") + formatting.number(abs(amount))


def lines(entries: Iterable[CreditEntry]) -> list[Line]:
    """Return the entries in words, in their order, neighbors of one run and kind as one line.

    Constant in queries: one for what the settled holds were, and those of `subjects.of`.
    """
    entries = list(entries)
    settled = [entry.reference for entry in entries if entry.kind == Kind.SETTLE]
    held = dict(
        CreditEntry.objects.filter(kind=Kind.HOLD, reference__in=settled).values_list(
            "reference", "amount"
        )
        if settled
        else ()
    )
    known = ledger_descriptions.of({entry.reference for entry in entries if entry.reference})

    def together(entry: CreditEntry) -> object:
        subject = known.get(entry.reference) if entry.reference else None
        if subject is None or subject.run is None:
            return entry.pk
        return entry.kind, subject.run, entry.reason if entry.kind == Kind.RELEASE else ""

    groups = [list(group) for _key, group in groupby(entries, together)]
    return [_line(group, held=held, subject=_first_with_picture(known, group)) for group in groups]


def _first_with_picture(
    known: Mapping[UUID, Subject], entries: list[CreditEntry]
) -> Subject | None:
    found = [
        known[entry.reference] for entry in entries if entry.reference and entry.reference in known
    ]
    return next((subject for subject in found if subject.picture), found[0] if found else None)


def _line(
    entries: list[CreditEntry], *, held: Mapping[UUID | None, int], subject: Subject | None
) -> Line:
    newest, count = entries[0], len(entries)
    spent = (
        sum(-held.get(entry.reference, 0) - entry.amount for entry in entries)
        if newest.kind == Kind.SETTLE
        else 0
    )
    reason = _(newest.reason) if newest.reason else ""
    if subject:
        reason = (newest.kind == Kind.RELEASE and subject.trouble) or subject.title
    url = reverse("job", args=[newest.reference]) if newest.reference else ""
    return Line(
        what=_what(newest, count=count, spent=spent, maker=subject.maker if subject else ""),
        reason=reason[:REASON_LENGTH],
        url=subject.run_url if subject and count > 1 else url,
        picture=subject.picture if subject else "",
        kind=newest.kind,
        amount=sum(entry.amount for entry in entries),
        spent=spent,
        balance_after=newest.balance_after,
        created_at=newest.created_at,
    )


def _what(entry: CreditEntry, *, count: int, spent: int, maker: str) -> str:
    if entry.kind == Kind.HOLD and maker:
        text = ngettext(
            "Held for %(count)s picture, %(model)s", "Held for %(count)s pictures, %(model)s", count
        )
    elif entry.kind == Kind.HOLD:
        text = _("Held for a picture")
    elif entry.kind == Kind.SETTLE and maker:
        text = ngettext(
            "Charged: %(count)s picture, %(model)s", "Charged: %(count)s pictures, %(model)s", count
        )
    elif entry.kind == Kind.SETTLE:
        text = _("%(credits)s charged from the hold")
    elif entry.kind == Kind.RELEASE and entry.reason == "canceled":
        text = ngettext(
            "Returned: %(count)s picture canceled", "Returned: %(count)s pictures canceled", count
        )
    elif entry.kind == Kind.RELEASE and maker:
        text = ngettext(
            "Returned: %(count)s picture did not work out",
            "Returned: %(count)s pictures did not work out",
            count,
        )
    else:
        text = str(entry.get_kind_display())
    return text % {
        "count": formatting.number(count),
        "model": maker,
        "credits": formatting.credits(spent),
    }


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
    today: int  # credits
    summary: str

    HEIGHT = 120


def chart(days: list[Day]) -> Chart:
    """Return the bars for these days, the highest 108 of 120 units, an empty day 2."""
    most = max(days, key=lambda day: day.credits)
    total = sum(day.credits for day in days)
    bars = []
    for number, day in enumerate(days):
        height = max(2, round(day.credits * 108 / most.credits)) if day.credits else 2
        bars.append(
            Bar(day, number * 24 + 4, Chart.HEIGHT - height, height, number == len(days) - 1)
        )
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
