"""OpenAPI descriptions of the account's endpoints: shapes and arguments of `extend_schema`."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers

from accounts.models import CreditEntry
from artgen.api.openapi import CURSOR_PARAMETERS, answer, page_example, page_shape, problems

Docs = dict[str, Any]

TAGS = ["account"]


class LimitsShape(serializers.Serializer[Any]):
    """Limits of one user."""

    waiting_jobs = serializers.IntegerField(help_text="Queued jobs at the same time.")
    upload_bytes = serializers.IntegerField(help_text="Bytes of one upload.")
    placing_rate = serializers.CharField(help_text="Requests that create jobs.")
    uploading_rate = serializers.CharField(help_text="Uploads.")

    class Meta:
        ref_name = "Limits"


class AccountShape(serializers.Serializer[Any]):
    """The user, and the balance in whole credits."""

    email = serializers.EmailField()
    credits = serializers.IntegerField(help_text="Available.")
    held = serializers.IntegerField(help_text="Held for jobs in progress.")
    limits = LimitsShape()

    class Meta:
        ref_name = "Account"


class EntryShape(serializers.Serializer[Any]):
    """One entry of the ledger. The amounts of all entries sum to `credits`."""

    kind = serializers.ChoiceField(choices=CreditEntry.Kind.choices)
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    job = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()

    class Meta:
        ref_name = "LedgerEntry"


ACCOUNT_EXAMPLE = {
    "email": "alice@example.org",
    "credits": 47,
    "held": 3,
    "limits": {
        "waiting_jobs": 200,
        "upload_bytes": 10000000,
        "placing_rate": "1200/m",
        "uploading_rate": "120/m",
    },
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
    "responses": {
        200: answer(
            page_shape("LedgerEntry", EntryShape),
            "A page",
            page_example([ENTRY_EXAMPLE], "/api/v1/account/ledger/"),
        ),
        **problems("invalid"),
    },
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
