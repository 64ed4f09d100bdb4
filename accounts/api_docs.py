"""OpenAPI descriptions of the account's endpoints: arguments of `extend_schema`."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.api_shapes import AccountShape, LedgerEntryShape
from artgen.api.openapi import CURSOR_PARAMETERS, Docs, answer, page_of, problems

TAGS = ["account"]


ACCOUNT_EXAMPLE = {
    "email": "alice@example.org",
    "credits": 47,
    "held": 3,
    "limits": {
        "jobs_at_once": {"limit": 4, "used": 2},
        "jobs_waiting": {"limit": 200, "used": 1},
        "jobs_per_day": {"limit": 2000, "used": 16},
        "jobs_per_month": {"limit": None, "used": 310},
        "cancels_per_day": {"limit": 500, "used": 0},
        "credits_per_day": {"limit": None, "used": 48},
        "credits_per_month": {"limit": 5000, "used": 912},
        "upload_bytes": {"limit": 1000000000, "used": 3145728},
        "image_bytes": {"limit": None, "used": 734003200},
    },
    "resets_at": {"day": "2025-11-24T21:00:00.000Z", "month": "2025-11-30T21:00:00.000Z"},
    "allowed": {"models": ["flux-schnell", "flux-kontext"], "max_megapixels": 1.5, "max_batch": 4},
    "token": None,
}
ENTRY_EXAMPLE = {
    "kind": "hold",
    "amount": -3,
    "balance_after": 47,
    "job": "019ab2f0-5c1e-7d90-a3b4-1f2e3d4c5b6a",
    "reason": "Tea hills in morning mist",
    "created_at": "2025-11-24T16:04:40.117Z",
}

ACCOUNT: Docs = {
    "operation_id": "get_account",
    "tags": TAGS,
    "summary": "Get balance and limits",
    "responses": {200: answer(AccountShape, "The account", ACCOUNT_EXAMPLE), **problems("invalid")},
}
LEDGER: Docs = {
    "operation_id": "list_ledger",
    "tags": TAGS,
    "summary": "List ledger entries",
    "description": "Newest first.",
    "parameters": CURSOR_PARAMETERS,
    "responses": page_of(
        "LedgerEntry", LedgerEntryShape, example=ENTRY_EXAMPLE, path="/api/v1/account/ledger/"
    ),
}


class _BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the account page or from `manage.py issue_token`.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a signed-in browser. "
            "Requests other than GET also need the header `X-CSRFToken`.",
        }
