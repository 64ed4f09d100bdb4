"""The API of the account: balance, limits, ledger."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import api_docs as docs
from accounts.models import CreditEntry, User
from accounts.requests import user_of
from artgen.api import pagination
from artgen.api.views import Endpoint, query_of, time_json


class AccountEndpoint(Endpoint):
    """`/api/v1/account/`."""

    @extend_schema(**docs.ACCOUNT)
    def get(self, request: Request) -> Response:
        """Return the user's email, balance and limits."""
        query_of(request)
        user = User.objects.only("email", "credits", "held").get(pk=user_of(request).pk)
        limits = {
            "waiting_jobs": settings.MAX_WAITING_PER_USER,
            "upload_bytes": settings.UPLOAD_MAX_BYTES,
            "placing_rate": settings.PLACING_RATE,
            "uploading_rate": settings.UPLOADING_RATE,
        }
        return Response(
            {"email": user.email, "credits": user.credits, "held": user.held, "limits": limits}
        )


class LedgerEndpoint(Endpoint):
    """`/api/v1/account/ledger/`."""

    @extend_schema(**docs.LEDGER)
    def get(self, request: Request) -> Response:
        """Return a page of the user's ledger entries."""
        query_of(request, *pagination.PARAMETERS)
        rows = CreditEntry.objects.of(user_of(request))
        return Response(
            pagination.page_of(request, rows, by=("created_at", "id"), show=_entries_json)
        )


def _entries_json(entries: Sequence[CreditEntry]) -> list[dict[str, Any]]:
    return [
        {
            "kind": entry.kind,
            "amount": entry.amount,
            "balance_after": entry.balance_after,
            "job": str(entry.reference) if entry.reference else None,
            "reason": _(entry.reason)
            if entry.kind == CreditEntry.Kind.GRANT and entry.reason
            else entry.reason,
            "created_at": time_json(entry.created_at),
        }
        for entry in entries
    ]
