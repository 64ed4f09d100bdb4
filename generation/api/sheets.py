"""Comparison sheets: quote, create, list, get, cancel the rest, delete."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypedDict, cast
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request

from accounts.access.request_user import limited_token, user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from artgen.api.json_types import IdText, Page
from artgen.api.operations import Answer, operation
from artgen.api.pagination import PageQuery, page_of
from artgen.api.views import ApiView, first_or_404
from generation.api.batch_bodies import KEYED, read_key
from generation.api.jobs import QuoteJson, quote_json
from generation.jobs.live.job_json import JobJson, jobs_json
from generation.jobs.placing import idempotency
from generation.jobs.placing.job_request import CancelBody
from generation.models import Sheet
from generation.owned_rows import named_rows
from generation.studio.comparisons import cells, comparison_order
from generation.studio.comparisons.comparison_request import SheetOrderBody

EXAMPLE = {
    "Two models, two colors": {
        "prompt": "A {red|blue} kite over the sea",
        "models": ["flux-schnell", "flux-dev"],
        "aspect_ratio": "3:2",
    }
}


class SheetHeadJson(TypedDict):
    """What a row or column has in common: a parameter and its value."""

    parameter: Annotated[
        str, "`prompt` (its value is the alternative), `model` or one of the axes."
    ]
    value: Annotated[Any, "A string or a number; null for no style."]


Heads = list[list[SheetHeadJson]]


class SheetJson(TypedDict):
    """A comparison: the batch with its id, laid out in rows and columns."""

    id: Annotated[UUID, "Also that of the batch."]
    prompt: Annotated[str, "As sent, with its alternatives."]
    rows: Heads
    columns: Heads
    cells: Annotated[list[list[IdText]], "The job of each cell, row by row."]
    created_at: datetime


class SheetWithJobsJson(SheetJson):
    """A comparison with its jobs."""

    jobs: Annotated[list[JobJson], "Those that are still stored."]


class SheetQuoteJson(QuoteJson):
    """What a comparison consists of, its price and wait time."""

    rows: Heads
    columns: Heads
    count: Annotated[int, "The number of images."]
    obstacle: Annotated[str, "Why your quotas don’t allow it; empty if they do."]


class SheetCancelJson(TypedDict):
    """What was canceled."""

    canceled: Annotated[int, "The number of jobs."]
    credits: Annotated[int, "Returned."]
    obstacle: Annotated[str, "Why other unfinished jobs were left, such as a daily limit."]


class Sheets(ApiView):
    """`/api/v1/sheets/`."""

    @operation("GET sheets/", query=PageQuery)
    def list_sheets(self, request: Request) -> Page[SheetJson]:
        """List comparisons.

        Newest first, without their jobs.
        """
        rows = Sheet.objects.of(request.user).present()
        sheets, links = page_of(request, rows, self.query)
        shown = [_sheet_json(sheet) for sheet in sheets]
        return {"results": shown, **links}

    @operation("POST sheets/", body=SheetOrderBody, bodies=EXAMPLE, **KEYED)
    def place_sheet(self, request: Request) -> Answer[SheetWithJobsJson]:
        """Create a comparison.

        One prompt on up to 8 models, with alternatives, and with up to two parameters that vary: 2
        to 64 jobs, all of them or none. They share one seed unless it varies. Errors name the cell.
        """
        rate_limits.spend("place", user_of(request).pk)
        key, body = read_key(request), self.read_body()
        placed = comparison_order.place(
            user=user_of(request),
            comparison=body["asked"],
            key=key,
            token_id=limited_token(request),
            max_credits=body["max_credits"],
        )
        # One that was placed before with this key may have been deleted since, even permanently.
        sheet = Sheet.objects.of(request.user).filter(id=cast(UUID, placed.batch)).first()
        if sheet is None:
            raise idempotency.KeyBusy
        return Answer(
            _whole_json(sheet),
            status=201 if placed.created else 200,
            headers={"Location": reverse("api_sheet", args=[sheet.id])},
        )

    @operation("POST sheets/quotes/", body=SheetOrderBody, bodies=EXAMPLE, scope=Scope.READ)
    def quote_sheet(self, request: Request) -> SheetQuoteJson:
        """Get a quote of a comparison.

        Its rows and columns, price and wait time; no job is created.
        """
        quote = comparison_order.quote(user=user_of(request), comparison=self.read_body()["asked"])
        plan = quote.plan
        return {
            "rows": _heads_json([head.as_json() for head in heads] for heads in plan.rows),
            "columns": _heads_json([head.as_json() for head in heads] for heads in plan.columns),
            "count": len(plan.requests),
            **quote_json(quote.quote),
            "obstacle": quote.obstacle,
        }

    @operation("GET sheets/<uuid:sheet_id>/", url_name="api_sheet")
    def get_sheet(self, request: Request, sheet_id: UUID) -> SheetWithJobsJson:
        """Get a comparison."""
        return _whole_json(_own(request, sheet_id))

    @operation("DELETE sheets/<uuid:sheet_id>/")
    def delete_sheet(self, request: Request, sheet_id: UUID) -> None:
        """Delete a comparison.

        Its jobs and images stay.
        """
        named_rows.delete(_own(request, sheet_id))

    @operation(
        "POST sheets/<uuid:sheet_id>/cancel/",
        body=CancelBody,
        problems=["price_too_high"],
        scope=Scope.CREATE,
    )
    def cancel_sheet(self, request: Request, sheet_id: UUID) -> SheetCancelJson:
        """Cancel the rest of a comparison.

        The jobs that can still be canceled; their credits are returned. Those that a provider can’t
        stop cost their credits: beyond `max_credits` for all of them they go on.
        """
        max_credits = self.read_body(is_optional=True).get("max_credits", 0)
        sheet, user = _own(request, sheet_id), user_of(request)
        done = cells.cancel_rest(sheet, actor=user, max_credits=max_credits)
        return {
            "canceled": done.count,
            "credits": done.credits,
            "obstacle": str(done.obstacle or ""),
        }


def _own(request: Request, sheet_id: UUID) -> Sheet:
    return first_or_404(Sheet.objects.of(request.user).present().filter(id=sheet_id))


def _whole_json(sheet: Sheet) -> SheetWithJobsJson:
    filled = cells.filled(sheet)
    return {**_sheet_json(sheet), "jobs": jobs_json(filled.jobs)}


def _sheet_json(sheet: Sheet) -> SheetJson:
    width = max(1, len(sheet.columns))
    return {
        "id": sheet.id,
        "prompt": sheet.prompt,
        "rows": _heads_json(sheet.rows),
        "columns": _heads_json(sheet.columns),
        "cells": [sheet.jobs[at : at + width] for at in range(0, len(sheet.jobs), width)],
        "created_at": sheet.created_at,
    }


def _heads_json(rows: Iterable[Any]) -> Heads:
    return [[{"parameter": head["by"], "value": head["value"]} for head in row] for row in rows]
