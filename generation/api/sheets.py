"""Comparison sheets: quote, create, list, get, cancel the rest, vote, draw, delete."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, User
from accounts.requests import limited_token
from artgen.api import pagination
from artgen.api.shapes import read
from artgen.api.times import time_json
from artgen.api.views import Endpoint, body_of, choice_of, first_or_404, query_of
from generation.api import docs_sheets, rate_limits
from generation.api.bodies import read_key
from generation.api.shapes_sheets import (
    SheetCancelShape,
    SheetImageRequestShape,
    SheetImageShape,
    SheetQuoteShape,
    VoteShape,
)
from generation.jobs import idempotency
from generation.jobs.serializers import jobs_json
from generation.models import Sheet, SheetImage, SheetImageKind, SheetVote
from generation.sheets import cells, placing, sheet_images, votes
from generation.sheets.cells import FilledSheet
from generation.sheets.request import clean


class Sheets(Endpoint):
    """`/api/v1/sheets/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_sheets.LIST_SHEETS)
    def get(self, request: Request) -> Response:
        """Return a page of the user's own comparisons."""
        query_of(request, *pagination.PARAMETERS)
        rows = Sheet.objects.of(request.user).present().select_related("vote")
        return Response(pagination.page_of(request, rows, show=_sheets_json))

    @extend_schema(**docs_sheets.PLACE_SHEET)
    def post(self, request: Request) -> Response:
        """Create a comparison."""
        rate_limits.spend(request, group="place", rate=settings.PLACING_RATE)
        key, asked = read_key(request), clean(body_of(request))
        placed = placing.place(
            user=_user(request), asked=asked, key=key, token_id=limited_token(request)
        )
        # One that was placed before with this key may have been deleted since, even permanently.
        sheet = Sheet.objects.of(request.user).filter(id=cast(UUID, placed.batch)).first()
        if sheet is None:
            raise idempotency.KeyBusy
        return Response(
            _whole_json(sheet),
            status=201 if placed.created else 200,
            headers={"Location": reverse("api_sheet", args=[sheet.id])},
        )


class SheetQuotes(Endpoint):
    """`/api/v1/sheets/quotes/`."""

    write_scope = Scope.READ  # places nothing

    @extend_schema(**docs_sheets.QUOTE_SHEET)
    def post(self, request: Request) -> Response:
        """Return the cells, price and wait time of a comparison."""
        found = placing.quote(user=_user(request), asked=clean(body_of(request)))
        plan = found.plan
        answer = {
            "rows": _heads_json([head.as_json() for head in heads] for heads in plan.rows),
            "columns": _heads_json([head.as_json() for head in heads] for heads in plan.columns),
            "count": len(plan.requests),
            "credits": found.credits,
            "eta_seconds": found.eta,
            "parked_until": found.wait.until if found.wait else None,
            "obstacle": found.obstacle,
        }
        return Response(SheetQuoteShape(answer).data)


class SheetDetail(Endpoint):
    """`/api/v1/sheets/ID/`."""

    @extend_schema(**docs_sheets.GET_SHEET)
    def get(self, request: Request, sheet_id: UUID) -> Response:
        """Return one of the user's own comparisons with its jobs."""
        return Response(_whole_json(_own(request, sheet_id)))

    @extend_schema(**docs_sheets.DELETE_SHEET)
    def delete(self, request: Request, sheet_id: UUID) -> Response:
        """Delete one of the user's own comparisons; its jobs and images stay."""
        cells.delete(_own(request, sheet_id))
        return Response(status=204)


class SheetCancel(Endpoint):
    """`/api/v1/sheets/ID/cancel/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_sheets.CANCEL_SHEET)
    def post(self, request: Request, sheet_id: UUID) -> Response:
        """Cancel the unfinished jobs of one of the user's own comparisons."""
        done = cells.cancel_rest(_own(request, sheet_id), actor=_user(request))
        answer = {"canceled": done.count, "credits": done.credits, "obstacle": done.obstacle}
        return Response(SheetCancelShape(answer).data)


class SheetVoteDetail(Endpoint):
    """`/api/v1/sheets/ID/vote/`."""

    @extend_schema(**docs_sheets.VOTE_SHEET)
    def put(self, request: Request, sheet_id: UUID) -> Response:
        """Make a cell the best one, instead of another."""
        sheet = _own(request, sheet_id)
        stored = votes.vote(sheet, job_id=read(VoteShape(data=body_of(request)))["job"])
        return Response({"job": str(stored.job_id)})

    @extend_schema(**docs_sheets.REMOVE_VOTE)
    def delete(self, request: Request, sheet_id: UUID) -> Response:
        """Remove the vote, if there is one."""
        votes.withdraw(_own(request, sheet_id))
        return Response(status=204)


class SheetImageDetail(Endpoint):
    """`/api/v1/sheets/ID/image/`."""

    @extend_schema(**docs_sheets.DRAW_SHEET)
    def post(self, request: Request, sheet_id: UUID) -> Response:
        """Ask for the sheet as one image; it is drawn by a worker."""
        found = cells.filled(_own(request, sheet_id))
        rate_limits.spend(request, group="draw", rate=sheet_images.ASK_RATE)
        kind = read(SheetImageRequestShape(data=body_of(request)))["format"]
        made = sheet_images.ask(found, kind=kind)
        return Response(
            _image_json(found, made),
            status=200 if made.is_ready else 202,
            headers={"Location": f"{reverse('api_sheet_image', args=[sheet_id])}?format={kind}"},
        )

    @extend_schema(**docs_sheets.GET_SHEET_IMAGE)
    def get(self, request: Request, sheet_id: UUID) -> Response:
        """Return the state of the image that was asked for, and its URL."""
        found = cells.filled(_own(request, sheet_id))
        query = query_of(request, "format")
        kind = choice_of(query, "format", SheetImageKind.values) or SheetImageKind.JPEG
        known = sheet_images.of_sheet(found).get(kind)
        if known is None:
            raise Http404
        return Response(_image_json(found, known))


def _image_json(found: FilledSheet, image: SheetImage) -> dict[str, Any]:
    answer = {
        "format": image.kind,
        "state": image.state,
        "done": image.total if image.is_ready else image.done,
        "total": image.total,
        "url": sheet_images.absolute_url(found, image) if image.is_ready else None,
        "bytes": image.bytes if image.is_ready else None,
        "expires_at": image.expires_at,
    }
    return dict(SheetImageShape(answer).data)


def _own(request: Request, sheet_id: UUID) -> Sheet:
    return first_or_404(Sheet.objects.of(request.user).present().filter(id=sheet_id))


def _sheets_json(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    return [_sheet_json(sheet, best=_best_of(sheet)) for sheet in sheets]


def _best_of(sheet: Sheet) -> UUID | None:
    try:
        return sheet.vote.job_id  # fetched with the sheet
    except SheetVote.DoesNotExist:
        return None


def _whole_json(sheet: Sheet) -> dict[str, Any]:
    found = cells.filled(sheet)
    return _sheet_json(sheet, best=found.best) | {"jobs": jobs_json(found.jobs)}


def _sheet_json(sheet: Sheet, *, best: UUID | None) -> dict[str, Any]:
    width = max(1, len(sheet.columns))
    return {
        "id": str(sheet.id),
        "prompt": sheet.prompt,
        "rows": _heads_json(sheet.rows),
        "columns": _heads_json(sheet.columns),
        "cells": [sheet.jobs[at : at + width] for at in range(0, len(sheet.jobs), width)],
        "best": str(best) if best else None,
        "created_at": time_json(sheet.created_at),
    }


def _heads_json(heads: Any) -> list[list[dict[str, Any]]]:
    return [[{"parameter": one["by"], "value": one["value"]} for one in each] for each in heads]


def _user(request: Request) -> User:
    return cast(User, request.user)
