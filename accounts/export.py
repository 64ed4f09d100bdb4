"""What accounts know of a user, as files for the user: who they are, their credits, their tokens."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone

from accounts.models import CreditEntry, User

File = tuple[str, Iterable[str]]
"""A name, and the text piece by piece."""

AT_ONCE = 500


def account_files(user: User) -> Iterator[File]:
    """Yield the files, each read from the database while it is written."""
    yield "profile.json", [text(profile(user))]
    yield (
        "ledger.json",
        array(
            entry_data(entry) for entry in CreditEntry.objects.of(user).iterator(chunk_size=AT_ONCE)
        ),
    )
    yield "ledger.csv", table(user)
    tokens = user.tokens.order_by("created_at", "id").values(
        "name", "prefix", "created_at", "last_used_at", "revoked_at"
    )
    yield "tokens.json", array(tokens.iterator(chunk_size=AT_ONCE))


def profile(user: User) -> dict[str, Any]:
    """Return who the user is, without the password."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "joined_at": user.date_joined,
        "last_login_at": user.last_login,
        "credits": user.credits,
        "held": user.held,
    }


def entry_data(entry: CreditEntry) -> dict[str, Any]:
    """Return one entry of the ledger."""
    return {
        "kind": entry.kind,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "job": entry.reference,
        "reason": entry.reason,
        "created_at": entry.created_at,
    }


def table(user: User) -> Iterator[str]:
    """Yield the ledger, newest first, line by line as a table that spreadsheets open."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Without it Excel takes UTF-8 for something else.
    yield writer.writerow(["created_at", "kind", "amount", "balance_after", "job", "reason"])
    for entry in CreditEntry.objects.of(user).iterator(chunk_size=AT_ONCE):
        # A reason that begins like a formula stays a text.
        reason = (
            f"'{entry.reason}" if entry.reason[:1] in ("=", "+", "-", "@", "\t") else entry.reason
        )
        at = timezone.localtime(entry.created_at).isoformat(timespec="seconds")
        yield writer.writerow(
            [at, entry.kind, entry.amount, entry.balance_after, entry.reference or "", reason]
        )


def text(data: Any) -> str:
    """Return data as JSON that people can read, too: times in ISO 8601, ids as text."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain)


def array(rows: Iterable[Any]) -> Iterator[str]:
    """Yield rows as one JSON list, a row a line, without holding them."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
    yield "\n]\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Echo:
    """A file for csv.writer that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
