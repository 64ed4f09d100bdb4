"""The API of the account: balance, limits, ledger."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import api_docs as docs
from accounts import limits, period_limits
from accounts.api_shapes import AccountShape, shown_reason
from accounts.models import CreditEntry, User
from accounts.requests import limited_token, user_of
from artgen.api import pagination
from artgen.api.times import time_json
from artgen.api.views import Endpoint, query_of


class AccountEndpoint(Endpoint):
    """`/api/v1/account/`."""

    @extend_schema(**docs.ACCOUNT)
    def get(self, request: Request) -> Response:
        """Return the user's email, balance and limits."""
        query_of(request)
        user = User.objects.get(pk=user_of(request).pk)
        found, token_id = limits.of(user), limited_token(request)
        account = {
            "email": user.email,
            "credits": user.credits,
            "held": user.held,
            "limits": found.limits,
            "resets_at": {
                "day": period_limits.next_day(),
                "month": period_limits.next_month(),
            },
            "allowed": found.allowed,
            "token": limits.of_token(token_id) if token_id else None,
        }
        return Response(AccountShape(account).data)


class LedgerEndpoint(Endpoint):
    """`/api/v1/account/ledger/`."""

    @extend_schema(**docs.LEDGER)
    def get(self, request: Request) -> Response:
        """Return a page of the user's ledger entries."""
        query_of(request, *pagination.PARAMETERS)
        rows = CreditEntry.objects.of(user_of(request))
        return Response(
            pagination.page_of(request, rows, by=("created_at", "id"), show=entries_json)
        )


def entries_json(entries: Sequence[CreditEntry]) -> list[dict[str, Any]]:
    """Return entries as `LedgerEntryShape` does, in a sixth of its time."""
    return [
        {
            "kind": entry.kind,
            "amount": entry.amount,
            "balance_after": entry.balance_after,
            "job": str(entry.reference) if entry.reference else None,
            "reason": shown_reason(entry),
            "created_at": time_json(entry.created_at),
        }
        for entry in entries
    ]
