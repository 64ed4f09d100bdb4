"""Files of a user's data export: profile, ledger and tokens."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import F

from accounts.credits.credits_csv import ledger_csv
from accounts.models import CreditEntry, CreditRequest, User, VoucherUse, WebhookAddress

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
        "last_used_by",
        "revoked_at",
    )
    yield "tokens.json", json_array(tokens.iterator(chunk_size=CHUNK_SIZE))
    addresses = WebhookAddress.objects.filter(user=user).order_by("id")
    webhooks = addresses.receivers().values(
        "url", "topics", "credits_below", "created_at", "disabled_at"
    )
    yield "webhooks.json", json_array(webhooks.iterator(chunk_size=CHUNK_SIZE))
    browsers = addresses.browsers().values("url", "created_at")
    yield "push_notifications.json", json_array(browsers.iterator(chunk_size=CHUNK_SIZE))
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
