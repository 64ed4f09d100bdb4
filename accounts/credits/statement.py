"""The ledger as a statement: one line a job, one for each other entry, and totals by month.

The line of a job has the time of its hold. Its entries, which are what the ledger stores,
come with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import job_app
from accounts.credits import refunds, statement_labels
from accounts.credits.ledger import ENDS
from accounts.job_app import LedgerDescription
from accounts.models import CreditEntry, User
from artgen.web import formatting

Kind = CreditEntry.Kind
CHUNK_SIZE = 500
MAX_TITLE_LENGTH = 120
FIRST_YEAR, LAST_YEAR = 2000, 3000  # of months; time zones cannot shift the first and last ones


class LineState(StrEnum):
    HELD = "held"  # for a job in progress
    CHARGED = "charged"  # for a job with an image
    RETURNED = "returned"  # the job has no image
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class StatementLine:
    """One job, or one entry that belongs to none."""

    state: LineState
    what: str
    title: str
    """The prompt of a job, the reason of another entry."""
    why: str
    """Why credits were returned, or charged without an image; else empty."""
    times: str
    """Of a job: "held 20:22, charged 20:22"."""
    label: str
    """For whom or what a job is; else empty."""
    url: str
    thumbnail: str
    amount: int
    """What the line changes in the balance."""
    entries: tuple[CreditEntry, ...]
    """As they are stored, the oldest first."""

    @property
    def created_at(self) -> datetime:
        return self.entries[0].created_at

    @property
    def ended_at(self) -> datetime:
        """When the last entry was written."""
        return self.entries[-1].created_at

    @property
    def job(self) -> UUID | None:
        return self.entries[0].reference

    @property
    def signed(self) -> str:
        return signed(self.amount)

    @property
    def details(self) -> list[tuple[str, str, str, datetime]]:
        """Kind, signed amount, balance and time of each entry."""
        return [
            (
                str(entry.get_kind_display()),
                signed(entry.amount),
                formatting.number(entry.balance_after),
                entry.created_at,
            )
            for entry in self.entries
        ]


@dataclass(frozen=True)
class StatementMonth:
    """The totals of one month. The balance before it and the four sums give that after it."""

    first: date
    added: int
    removed: int  # ≤ 0: by staff, or with the erasure of the account
    images: int  # ≤ 0: charged in the month, and held at its end
    lines: int  # that begin in it
    balance: int  # at its end

    @property
    def name(self) -> str:
        """The month as addresses name it: "2026-11"."""
        return f"{self.first:%Y-%m}"

    @property
    def signed(self) -> tuple[str, str, str]:
        """The three sums with their signs."""
        return signed(self.added), signed(self.images), signed(self.removed)


def signed(amount: int) -> str:
    """Return a number with a sign: "+50", "−12" (a minus sign, not a hyphen), "0"."""
    sign = "+" if amount > 0 else "−" * (amount < 0)
    return sign + formatting.number(abs(amount))


def parse_month(text: str) -> date | None:
    """Return the first day of a month such as "2026-11", None for anything else."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None
    return month if FIRST_YEAR <= month.year < LAST_YEAR else None


def beginnings(
    user: User, *, month: date | None = None, label: str = ""
) -> "QuerySet[CreditEntry]":
    """Return the first entry of each line, newest first: everything but the ends of holds.

    Of a month, `label` leaves only jobs with this label.
    """
    entries = CreditEntry.objects.of(user).exclude(kind__in=ENDS)
    if month is None:
        return entries
    of_month = in_month(entries, month)
    if label:
        return statement_labels.of_label(of_month, user, label=label, month=month)
    return of_month


def in_month(entries: "QuerySet[CreditEntry]", month: date) -> "QuerySet[CreditEntry]":
    """Keep the entries of this month, in the current time zone."""
    start, end = statement_labels.month_of(month)
    return entries.filter(created_at__gte=start, created_at__lt=end)


def lines(beginnings: Iterable[CreditEntry]) -> list[StatementLine]:
    """Return a line for each of `beginnings`, in their order, in a fixed number of queries.

    One for the ends of holds, and those of the descriptions.
    """
    beginnings = list(beginnings)
    references = {entry.reference for entry in beginnings if entry.reference}
    ends = {}
    if references:
        rows = CreditEntry.objects.filter(kind__in=ENDS, reference__in=references)
        ends = {end.reference: end for end in rows}
    descriptions = job_app.registered.descriptions(references) if references else {}
    return [
        _of_job(entry, ends.get(entry.reference), descriptions.get(entry.reference))
        if entry.reference
        else _of_entry(entry)
        for entry in beginnings
    ]


def all_lines(user: User, *, month: date | None = None, label: str = "") -> Iterator[StatementLine]:
    """Yield all lines, newest first, without keeping them in memory."""
    rows = beginnings(user, month=month, label=label).iterator(chunk_size=CHUNK_SIZE)
    while chunk := list(islice(rows, CHUNK_SIZE)):
        yield from lines(chunk)


def months(user: User) -> list[StatementMonth]:
    """Return the months with entries, newest first, in one query.

    A month begins at midnight in the current time zone.
    """
    is_of_job = Q(kind__in=(Kind.HOLD, *ENDS))
    rows = (
        CreditEntry.objects.filter(user=user)
        .order_by()
        .annotate(month=TruncMonth("created_at"))
        .values("month")
        .annotate(
            added=Sum("amount", filter=~is_of_job & Q(amount__gt=0), default=0),
            removed=Sum("amount", filter=~is_of_job & Q(amount__lt=0), default=0),
            images=Sum("amount", filter=is_of_job, default=0),
            lines=Count("id", filter=~Q(kind__in=ENDS)),
        )
        .order_by("month")
    )
    totals = []
    balance = 0
    for row in rows:
        balance += row["added"] + row["removed"] + row["images"]
        totals.append(
            StatementMonth(
                first=timezone.localtime(row["month"]).date(),
                added=row["added"],
                removed=row["removed"],
                images=row["images"],
                lines=row["lines"],
                balance=balance,
            )
        )
    return totals[::-1]


def _of_entry(entry: CreditEntry) -> StatementLine:
    what = _("Added") if entry.amount > 0 else _("Taken back")
    if (entry.external_reference or "").startswith(refunds.PREFIX):
        what = _("Refund")
    return StatementLine(
        state=LineState.ADDED if entry.amount > 0 else LineState.REMOVED,
        what=what,
        title=_(entry.reason) if entry.reason else "",
        why="",
        times="",
        label="",
        url="",
        thumbnail="",
        amount=entry.amount,
        entries=(entry,),
    )


def _of_job(
    hold: CreditEntry, end: CreditEntry | None, description: LedgerDescription | None
) -> StatementLine:
    times = _("held %(time)s") % {"time": formatting.clock(hold.created_at)}
    state, why = LineState.HELD, ""
    if end is not None:
        state = LineState.CHARGED if end.kind == Kind.SETTLE else LineState.RETURNED
        text = _("charged %(time)s") if state == LineState.CHARGED else _("returned %(time)s")
        is_same_day = _local_day(hold.created_at) == _local_day(end.created_at)
        shown = formatting.clock if is_same_day else formatting.moment
        times += ", " + text % {"time": shown(end.created_at)}
        if state == LineState.RETURNED or end.reason:
            why = job_app.registered.reason_of(end.reason)
    service = "" if description else job_app.registered.service_of(hold.reason)
    what = service or _("Image")
    if description and description.model:
        what = _("Image, %(model)s") % {"model": description.model}
    title = "" if service else hold.reason
    if description:
        title = description.title
    return StatementLine(
        state=state,
        what=what,
        title=title[:MAX_TITLE_LENGTH],
        why=why,
        times=times,
        label=description.label if description else "",
        url=description.url if description else "",
        thumbnail=description.thumbnail if description else "",
        amount=hold.amount + (end.amount if end else 0),
        entries=(hold, end) if end else (hold,),
    )


def _local_day(at: datetime) -> date:
    return timezone.localtime(at).date()
