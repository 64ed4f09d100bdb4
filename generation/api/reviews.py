"""Requests that a rule stopped: list, get, appeal, withdraw."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from artgen.api import pagination
from artgen.api.views import Endpoint, first_or_404, query_of
from generation.api import docs_reviews, rate_limits
from generation.api.shapes_reviews import ReviewShape
from generation.models import PromptReview
from generation.moderation import reviews
from generation.moderation.refusals import categories_of, words_of

APPEAL_RATE = "60/h"


class Reviews(Endpoint):
    """`/api/v1/reviews/`."""

    @extend_schema(**docs_reviews.LIST_REVIEWS)
    def get(self, request: Request) -> Response:
        """Return a page of the user's own reviews."""
        query_of(request, *pagination.PARAMETERS)
        rows = PromptReview.objects.of(request.user)
        return Response(pagination.page_of(request, rows, show=_reviews_json))


class ReviewDetail(Endpoint):
    """`/api/v1/reviews/ID/`."""

    @extend_schema(**docs_reviews.GET_REVIEW)
    def get(self, request: Request, review_id: UUID) -> Response:
        """Return one of the user's own reviews."""
        return Response(_review_json(_own(request, review_id)))


class ReviewAppeal(Endpoint):
    """`/api/v1/reviews/ID/appeal/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_reviews.APPEAL_REVIEW)
    def post(self, request: Request, review_id: UUID) -> Response:
        """Ask a moderator to decide about one of the user's own requests."""
        review = _own(request, review_id)
        rate_limits.spend(request, group="appeal", rate=APPEAL_RATE)
        reviews.appeal(review)
        return Response(_review_json(review))


class ReviewCancel(Endpoint):
    """`/api/v1/reviews/ID/cancel/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_reviews.CANCEL_REVIEW)
    def post(self, request: Request, review_id: UUID) -> Response:
        """Withdraw one of the user's own requests from review."""
        review = _own(request, review_id)
        reviews.cancel(review)
        return Response(_review_json(review))


def _own(request: Request, review_id: UUID) -> PromptReview:
    rows = PromptReview.objects.of(request.user).select_related("user")
    return first_or_404(rows.filter(id=review_id))


def _reviews_json(rows: Sequence[PromptReview]) -> list[dict[str, Any]]:
    return [_review_json(row) for row in rows]


def _review_json(review: PromptReview) -> Any:
    return ReviewShape(
        {
            "id": review.id,
            "state": review.state,
            "prompt": review.prompt,
            "categories": categories_of(review.matches),
            "words": words_of(review.matches),
            "count": len(review.requests),
            "can_appeal": review.can_be_appealed,
            "reason": review.reason,
            "obstacle": review.obstacle,
            "placed": review.placed,
            "created_at": review.created_at,
            "appealed_at": review.appealed_at,
            "decided_at": review.decided_at,
        }
    ).data
