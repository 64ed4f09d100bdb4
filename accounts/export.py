"""Files of a user's data export: profile, ledger and tokens."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts.models import CreditEntry, User

ExportFile = tuple[str, Iterable[str]]
"""A name, and the content in chunks."""

CHUNK_SIZE = 500


def account_files(user: User) -> Iterator[ExportFile]:
    """Yield the files; each reads its rows while it is consumed."""
    yield "profile.json", [to_json(profile(user))]
    yield (
        "ledger.json",
        json_array(
            entry_data(entry)
            for entry in CreditEntry.objects.of(user).iterator(chunk_size=CHUNK_SIZE)
        ),
    )
    yield "ledger.csv", ledger_csv(user)
    tokens = user.tokens.order_by("created_at", "id").values(
        "name",
        "prefix",
        "scopes",
        "credit_limit",
        "credits_spent",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    yield "tokens.json", json_array(tokens.iterator(chunk_size=CHUNK_SIZE))
    services = SocialAccount.objects.filter(user=user).order_by("pk")
    columns = ("provider", "uid", "extra_data", "date_joined", "last_login")
    yield (
        "services.json",
        json_array(services.values(*columns).iterator(chunk_size=CHUNK_SIZE)),
    )
    devices = (
        UserSession.objects.filter(user=user)
        .order_by("pk")
        .values("created_at", "ip", "user_agent")
    )
    yield (
        "devices.json",
        json_array(
            devices.values("created_at", "ip", "user_agent").iterator(chunk_size=CHUNK_SIZE)
        ),
    )


def profile(user: User) -> dict[str, Any]:
    """Return the user's data, without the password."""
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
    """Return an entry of the ledger."""
    return {
        "kind": entry.kind,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "job": entry.reference,
        "reason": entry.reason,
        "created_at": entry.created_at,
    }


def ledger_csv(user: User) -> Iterator[str]:
    """Yield the ledger as lines of CSV, newest first."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Excel needs the byte order mark to recognize UTF-8.
    yield writer.writerow(["created_at", "kind", "amount", "balance_after", "job", "reason"])
    for entry in CreditEntry.objects.of(user).iterator(chunk_size=CHUNK_SIZE):
        # Spreadsheets would run a reason that begins like a formula.
        reason = (
            f"'{entry.reason}" if entry.reason[:1] in ("=", "+", "-", "@", "\t") else entry.reason
        )
        at = timezone.localtime(entry.created_at).isoformat(timespec="seconds")
        yield writer.writerow(
            [at, entry.kind, entry.amount, entry.balance_after, entry.reference or "", reason]
        )


def to_json(data: Any) -> str:
    """Return data as indented JSON: times in ISO 8601, ids as text."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain)


def json_array(rows: Iterable[Any]) -> Iterator[str]:
    """Yield rows as one JSON list, a row per line, without keeping them in memory."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
    yield "\n]\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Echo:
    """A file for csv.writer whose `write` returns the line."""

    def write(self, line: str) -> str:
        return line
