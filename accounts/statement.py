"""The ledger as readable lines, and the usage by day."""

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
from accounts.ledger_descriptions import LedgerDescription
from accounts.models import CreditEntry, User
from artgen import formatting

Kind = CreditEntry.Kind
REASON_LENGTH = 120


@dataclass(frozen=True)
class StatementLine:
    """One entry in words, or several adjacent entries of one batch."""

    what: str
    reason: str
    url: str
    picture: str
    kind: str
    amount: int
    spent: int  # charged from the hold; does not change the balance
    balance_after: int
    created_at: datetime

    @property
    def signed(self) -> str:
        """Return the signed amount, "+50" or "−12"; for a charge of a whole hold, its price."""
        if self.spent and not self.amount:
            return formatting.number(self.spent)
        return signed(self.amount)


def signed(amount: int) -> str:
    """Return a number with a sign: "+50", "−12" (a minus sign, not a hyphen), "0"."""
    sign = "+" if amount > 0 else "−" * (amount < 0)
    return sign + formatting.number(abs(amount))


def lines(entries: Iterable[CreditEntry]) -> list[StatementLine]:
    """Return the entries in words, in their order; adjacent ones of a batch and kind are one line.

    Takes one query for the settled holds, and those of `ledger_descriptions.of`.
    """
    entries = list(entries)
    descriptions = ledger_descriptions.of({entry.reference for entry in entries if entry.reference})
    wanted = {
        entry.reference
        for entry in entries
        if entry.kind == Kind.SETTLE
        or (entry.kind == Kind.RELEASE and entry.reference not in descriptions)
    }
    holds = CreditEntry.objects.filter(kind=Kind.HOLD, reference__in=wanted)
    held = {hold.reference: hold for hold in holds} if wanted else {}

    def group_key(entry: CreditEntry) -> object:
        description = descriptions.get(entry.reference) if entry.reference else None
        if description is None or description.batch is None:
            return entry.pk
        return entry.kind, description.batch, entry.reason if entry.kind == Kind.RELEASE else ""

    groups = [list(group) for _key, group in groupby(entries, group_key)]
    return [
        _line(group, held=held, description=_with_thumbnail(descriptions, group))
        for group in groups
    ]


def _with_thumbnail(
    descriptions: Mapping[UUID, LedgerDescription], entries: list[CreditEntry]
) -> LedgerDescription | None:
    """Return the first description of these entries that has a thumbnail, else the first one."""
    found = [
        descriptions[entry.reference]
        for entry in entries
        if entry.reference and entry.reference in descriptions
    ]
    first = found[0] if found else None
    return next((description for description in found if description.thumbnail), first)


def _line(
    entries: list[CreditEntry],
    *,
    held: Mapping[UUID | None, CreditEntry],
    description: LedgerDescription | None,
) -> StatementLine:
    newest, count = entries[0], len(entries)
    spent = 0
    if newest.kind == Kind.SETTLE:
        spent = sum(
            -held[entry.reference].amount - entry.amount
            for entry in entries
            if entry.reference in held
        )
    reason = _(newest.reason) if newest.reason else ""
    if newest.reference in held:  # of a job that was deleted: the hold quotes its prompt
        reason = held[newest.reference].reason or reason
    if description:
        reason = (newest.kind == Kind.RELEASE and description.error) or description.title
    url = reverse("job", args=[newest.reference]) if description else ""
    if description and count > 1:
        url = description.batch_url
    return StatementLine(
        what=_what(
            newest, count=count, spent=spent, model=description.model if description else ""
        ),
        reason=reason[:REASON_LENGTH],
        url=url,
        picture=description.thumbnail if description else "",
        kind=newest.kind,
        amount=sum(entry.amount for entry in entries),
        spent=spent,
        balance_after=newest.balance_after,
        created_at=newest.created_at,
    )


def _what(entry: CreditEntry, *, count: int, spent: int, model: str) -> str:
    if entry.kind == Kind.HOLD and model:
        text = ngettext(
            "Held for %(count)s image, %(model)s", "Held for %(count)s images, %(model)s", count
        )
    elif entry.kind == Kind.HOLD:
        text = _("Held for an image")
    elif entry.kind == Kind.SETTLE and model:
        text = ngettext(
            "Charged for %(count)s image, %(model)s",
            "Charged for %(count)s images, %(model)s",
            count,
        )
    elif entry.kind == Kind.SETTLE:
        text = _("%(credits)s charged from the hold")
    elif entry.kind == Kind.RELEASE and entry.reason == "canceled":
        text = ngettext(
            "Returned: %(count)s image canceled", "Returned: %(count)s images canceled", count
        )
    elif entry.kind == Kind.RELEASE and model:
        text = ngettext(
            "Returned: %(count)s image failed",
            "Returned: %(count)s images failed",
            count,
        )
    else:
        text = str(entry.get_kind_display())
    return text % {
        "count": formatting.number(count),
        "model": model,
        "credits": formatting.credits(spent),
    }


@dataclass(frozen=True)
class DailyUsage:
    """The credits charged on one day, and the number of jobs."""

    date: date
    credits: int
    jobs: int


def usage(*, user: User, days: int = 30) -> list[DailyUsage]:
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
    by_day = {row["day"]: row for row in rows}
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        row = by_day.get(day)
        found.append(DailyUsage(day, row["credits"], row["jobs"]) if row else DailyUsage(day, 0, 0))
    return found


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
        height = max(2, round(day.credits * 108 / most.credits)) if day.credits else 2
        kind = "none" if not day.credits else "today" if day is days[-1] else "day"
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
