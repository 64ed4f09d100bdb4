"""Files of a user's data export: profile, ledger and tokens."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import F
from django.utils import timezone

from accounts.credits import statement
from accounts.models import CreditEntry, CreditRequest, User, VoucherUse

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
    requests = CreditRequest.objects.filter(user=user).order_by("created_at", "id")
    columns_of_requests = requests.values(
        "note", "state", "created_at", "decided_at", "amount", "answer"
    )
    yield "credit_requests.json", json_array(columns_of_requests.iterator(chunk_size=CHUNK_SIZE))
    uses = VoucherUse.objects.filter(user=user).order_by("used_at", "id")
    redeemed = uses.values("used_at", credits=F("voucher__amount"))
    yield "vouchers.json", json_array(redeemed.iterator(chunk_size=CHUNK_SIZE))
    services = SocialAccount.objects.filter(user=user).order_by("pk")
    columns = ("provider", "uid", "extra_data", "date_joined", "last_login")
    yield ("services.json", json_array(services.values(*columns).iterator(chunk_size=CHUNK_SIZE)))
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
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "prompt_help": user.prompt_help,
        "joined_at": user.date_joined,
        "last_login_at": user.last_login,
        "credits": user.credits,
        "held": user.held,
    }


def entry_data(entry: CreditEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "job": entry.reference,
        "reason": entry.reason,
        "created_at": entry.created_at,
    }


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


def statement_csv(user: User, *, month: date | None = None) -> Iterator[str]:
    """Yield the statement, a line a job, or that of one month, as lines of CSV, newest first."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow(
        ["created_at", "ended_at", "state", "amount", "what", "title", "why", "job"]
    )
    for line in statement.all_lines(user, month=month):
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
            ]
        )


def _second(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def harmless(text: str) -> str:
    """Return a text that spreadsheets do not run as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def to_json(data: object) -> str:
    """Return data as indented JSON: times in ISO 8601, ids as text."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain)


def json_array(rows: Iterable[Any]) -> Iterator[str]:
    """Yield rows as one JSON list, a row per line, without keeping them in memory."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
    yield "\n]\n"


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Echo:
    """A file for csv.writer whose `write` returns the line."""

    def write(self, line: str) -> str:
        return line
