"""Requests that a rule stopped: list, get, appeal, withdraw."""

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from artgen.api.json_types import Page
from artgen.api.operations import operation
from artgen.api.pagination import PageQuery, page_of
from artgen.api.views import ApiView, first_or_404
from generation.models import Category, PromptReview, ReviewState
from generation.models.moderation import STAFF_ONLY
from generation.moderation import prompt_reviews
from generation.moderation.refusals import categories_of, words_of

STATES = [choice for choice in ReviewState.choices if choice[0] not in STAFF_ONLY]


class ReviewJson(TypedDict):
    """A request for images that a rule of the site stopped, and what became of it."""

    id: UUID
    state: Annotated[
        str,
        STATES,
        "`refused` by a rule, `waiting` for a moderator, `approved` or `rejected` by one, "
        "`canceled` by you.",
    ]
    prompt: str
    categories: Annotated[list[Annotated[str, Category]], "What the rules are about."]
    words: Annotated[list[str], "What the rules found in the prompt."]
    count: Annotated[int, "Number of jobs in the request."]
    can_appeal: bool
    reason: Annotated[str, "Why a moderator rejected it."]
    obstacle: Annotated[
        str,
        "Why an approved request was not placed. The prompt is allowed now: send the request "
        "again.",
    ]
    placed: Annotated[UUID | None, "The batch, or the job, of an approved request."]
    created_at: datetime
    appealed_at: datetime | None
    decided_at: datetime | None


class Reviews(ApiView):
    """`/api/v1/reviews/`."""

    @operation("GET reviews/", query=PageQuery)
    def list_reviews(self, request: Request) -> Page[ReviewJson]:
        """List reviews.

        Requests for images that a rule of the site stopped, newest first. They cost nothing until a
        moderator approves them.
        """
        rows, links = page_of(request, PromptReview.objects.of(request.user), self.query)
        return {"results": [_review_json(row) for row in rows], **links}

    @operation("GET reviews/<uuid:review_id>/")
    def get_review(self, request: Request, review_id: UUID) -> ReviewJson:
        """Get a review."""
        return _review_json(_own(request, review_id))

    @operation(
        "POST reviews/<uuid:review_id>/appeal/",
        problems=["already_decided", "too_many_waiting", "too_many_requests"],
        scope=Scope.CREATE,
    )
    def appeal_review(self, request: Request, review_id: UUID) -> ReviewJson:
        """Appeal.

        A moderator decides about the refused request and, if it is approved, it is placed at its
        price of then. The decision is emailed.
        """
        review = _own(request, review_id)
        rate_limits.spend("appeal", user_of(request).pk)
        prompt_reviews.appeal(review)
        return _review_json(review)

    @operation(
        "POST reviews/<uuid:review_id>/cancel/", problems=["already_decided"], scope=Scope.CREATE
    )
    def cancel_review(self, request: Request, review_id: UUID) -> ReviewJson:
        """Withdraw a request from review."""
        review = _own(request, review_id)
        prompt_reviews.cancel(review)
        return _review_json(review)


def _own(request: Request, review_id: UUID) -> PromptReview:
    rows = PromptReview.objects.of(request.user).select_related("user")
    return first_or_404(rows.filter(id=review_id))


def _review_json(review: PromptReview) -> ReviewJson:
    return {
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
