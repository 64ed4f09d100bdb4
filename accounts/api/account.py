"""The API of the account: balance, limits, ledger."""

from datetime import datetime
from typing import Annotated, TypedDict, cast
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.access.request_user import limited_token, user_of
from accounts.job_app import LimitUsage
from accounts.limits import period_limits, user_limits
from accounts.models import CreditEntry, User
from artgen.api.inputs import Query
from artgen.api.json_types import Keywords, Page
from artgen.api.operations import operation
from artgen.api.pagination import PageQuery, page_of
from artgen.api.views import ApiView


class LimitJson(TypedDict):
    """One limit and what is used of it."""

    limit: Annotated[int | None, "Null: no limit."]
    used: int


class LimitsJson(TypedDict):
    """Limits of the user. Days and months begin at midnight in the time zone of the site."""

    jobs_at_once: Annotated[LimitJson, "Jobs submitted or running. Further jobs wait in the queue."]
    jobs_waiting: Annotated[LimitJson, "Queued jobs."]
    jobs_per_day: Annotated[LimitJson, "Jobs created today."]
    jobs_per_month: Annotated[LimitJson, "Jobs created this month."]
    cancels_per_day: Annotated[LimitJson, "Jobs canceled by the user today."]
    credits_per_day: Annotated[LimitJson, "Credits held for the jobs created today."]
    credits_per_month: Annotated[LimitJson, "Credits held for the jobs created this month."]
    upload_bytes: Annotated[LimitJson, "Bytes of all uploads."]
    image_bytes: Annotated[LimitJson, "Bytes of all images, trashed ones included."]


class ResetsJson(TypedDict):
    """When the limits of the day and the month start again."""

    day: datetime
    month: datetime


class AllowedJson(TypedDict):
    """What one request may ask for. Other requests get 403."""

    models: Annotated[list[str], "Slugs of the models that the account may use."]
    max_megapixels: Annotated[
        float | None, "Size of the largest image; 1 is 1024 × 1024 pixels. Null: that of the model."
    ]
    max_batch: Annotated[int | None, "Jobs in one batch. Null: 8, as for everybody."]


class AccountJson(TypedDict):
    """The user, and the balance in whole credits."""

    email: Annotated[str, Keywords(format="email")]
    credits: Annotated[int, "Available."]
    held: Annotated[int, "Held for jobs in progress."]
    limits: LimitsJson
    resets_at: ResetsJson
    allowed: AllowedJson
    token: Annotated[
        LimitJson | None,
        "Credits that the API token of this request may spend; null without a limit.",
    ]


class LedgerEntryJson(TypedDict):
    """One entry of the ledger. The amounts of all entries sum to `credits`."""

    kind: Annotated[str, CreditEntry.Kind]
    amount: int
    balance_after: int
    job: UUID | None
    reason: str
    created_at: datetime


class Account(ApiView):
    """`/api/v1/account/`."""

    @operation("GET account/", query=Query)
    def get_account(self, request: Request) -> AccountJson:
        """Get balance and limits."""
        user = User.objects.get(pk=user_of(request).pk)
        known, token_id = user_limits.of(user), limited_token(request)
        all_limits = {name: _limit_json(limit) for name, limit in known.limits.items()}
        return {
            "email": user.email,
            "credits": user.credits,
            "held": user.held,
            "limits": cast(LimitsJson, all_limits),
            "resets_at": {"day": period_limits.next_day(), "month": period_limits.next_month()},
            "allowed": {
                "models": list(known.models()),
                "max_megapixels": known.quotas.megapixels,
                "max_batch": known.quotas.limit("batch"),
            },
            "token": _limit_json(user_limits.of_token(token_id)) if token_id else None,
        }

    @operation("GET account/ledger/", query=PageQuery)
    def list_ledger(self, request: Request) -> Page[LedgerEntryJson]:
        """List ledger entries.

        Newest first.
        """
        rows = CreditEntry.objects.of(user_of(request))
        entries, links = page_of(request, rows, self.query, by=("created_at", "id"))
        return {"results": [_entry_json(entry) for entry in entries], **links}


def _limit_json(limit: LimitUsage) -> LimitJson:
    return {"limit": limit.limit, "used": limit.used}


def _entry_json(entry: CreditEntry) -> LedgerEntryJson:
    return {
        "kind": entry.kind,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "job": entry.reference,
        "reason": _reason(entry),
        "created_at": entry.created_at,
    }


def _reason(entry: CreditEntry) -> str:
    """Return the reason; ArtGen's own ones, of grants, in the language of the request."""
    is_own = entry.kind == CreditEntry.Kind.GRANT and entry.reason
    return _(entry.reason) if is_own else entry.reason
