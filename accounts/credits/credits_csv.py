"""The ledger and the statement as CSV: columns and lines."""

import csv
from collections.abc import Iterator
from datetime import date, datetime

from django.utils import timezone

from accounts.credits import statement
from accounts.models import CreditEntry, User

CHUNK_SIZE = 500


def ledger_csv(user: User, *, month: date | None = None) -> Iterator[str]:
    """Yield the ledger, or its entries of one month, as lines of CSV, newest first."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Excel needs the byte order mark to recognize UTF-8.
    yield writer.writerow(["created_at", "kind", "amount", "balance_after", "job", "reason"])
    entries = CreditEntry.objects.of(user)
    shown = statement.in_month(entries, month) if month else entries
    for entry in shown.iterator(chunk_size=CHUNK_SIZE):
        yield writer.writerow(
            [
                _second(entry.created_at),
                entry.kind,
                entry.amount,
                entry.balance_after,
                entry.reference or "",
                harmless(entry.reason),
            ]
        )


def statement_csv(user: User, *, month: date | None = None, label: str = "") -> Iterator[str]:
    """Yield the statement, a line a job, or that of one month, as lines of CSV, newest first."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow(
        ["created_at", "ended_at", "state", "amount", "what", "title", "why", "job", "label"]
    )
    for line in statement.all_lines(user, month=month, label=label):
        is_over = line.state != statement.LineState.HELD
        yield writer.writerow(
            [
                _second(line.created_at),
                _second(line.ended_at) if is_over else "",
                line.state.value,
                line.amount,
                harmless(line.what),
                harmless(line.title),
                line.why,
                line.job or "",
                harmless(line.label),
            ]
        )


def _second(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def harmless(text: str) -> str:
    """Return a text that spreadsheets do not run as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


class _Echo:
    """A file for csv.writer whose `write` returns the line."""

    def write(self, line: str) -> str:
        return line
