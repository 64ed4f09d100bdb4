"""Files of a user's data export: profile, ledger and tokens."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import F, QuerySet

from accounts.credits.credits_csv import ledger_csv
from accounts.models import CreditEntry, CreditRequest, User, VoucherUse, WebhookAddress

ExportFile = tuple[str, Iterable[str]]
"""A name, and the content in chunks."""

CHUNK_SIZE = 500


def account_files(user: User) -> Iterator[ExportFile]:
    """Yield the files; each reads its rows while it is consumed."""
    yield "profile.json", [to_json(profile(user))]
    entries = CreditEntry.objects.of(user).iterator(chunk_size=CHUNK_SIZE)
    yield "ledger.json", json_array(map(entry_data, entries))
    yield "ledger.csv", ledger_csv(user)
    tokens = user.tokens.order_by("created_at", "id").values(
        *("name", "prefix", "scopes", "credit_limit", "credits_spent", "created_at"),
        *("expires_at", "last_used_at", "last_used_by", "revoked_at"),
    )
    yield "tokens.json", json_rows(tokens)
    addresses = WebhookAddress.objects.filter(user=user).order_by("id")
    webhooks = addresses.receivers().values(
        "url", "topics", "credits_below", "created_at", "disabled_at"
    )
    yield "webhooks.json", json_rows(webhooks)
    yield "push_notifications.json", json_rows(addresses.browsers().values("url", "created_at"))
    requests = CreditRequest.objects.filter(user=user).order_by("created_at", "id")
    columns: tuple[str, ...] = ("note", "state", "created_at", "decided_at", "amount", "answer")
    yield "credit_requests.json", json_rows(requests.values(*columns))
    uses = VoucherUse.objects.filter(user=user).order_by("used_at", "id")
    yield "vouchers.json", json_rows(uses.values("used_at", credits=F("voucher__amount")))
    services = SocialAccount.objects.filter(user=user).order_by("pk")
    columns = ("provider", "uid", "extra_data", "date_joined", "last_login")
    yield "services.json", json_rows(services.values(*columns))
    devices = UserSession.objects.filter(user=user).order_by("pk")
    yield "devices.json", json_rows(devices.values("created_at", "ip", "user_agent"))


def profile(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "prompt_help": user.prompt_help,
        "staff_note": user.staff_note,
        "joined_at": user.date_joined,
        "last_login_at": user.last_login,
        "accepted_documents": user.accepted_documents,
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


def to_json(data: object) -> str:
    """Return data as indented JSON: times in ISO 8601, ids as text."""
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain)


def json_array(rows: Iterable[Any]) -> Iterator[str]:
    """Yield rows as one JSON list, a row per line, without keeping them in memory."""
    yield "["
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
    yield "\n]\n"


def json_rows(rows: QuerySet[Any, Any]) -> Iterator[str]:
    return json_array(rows.iterator(chunk_size=CHUNK_SIZE))


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
