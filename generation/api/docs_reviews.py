"""What OpenAPI says of reviews: keyword arguments of `extend_schema`, one set per operation."""

from artgen.api.openapi import CURSOR_PARAMETERS, Docs, answer, page_of, problems
from generation.api.examples import REVIEW
from generation.api.shapes_reviews import ReviewShape

TAGS = ["reviews"]
WAITING = REVIEW | {
    "state": "waiting",
    "can_appeal": False,
    "appealed_at": "2025-11-24T16:21:00.000Z",
}

LIST_REVIEWS: Docs = {
    "operation_id": "list_reviews",
    "tags": TAGS,
    "summary": "List reviews",
    "description": "Requests for images that a rule of the site stopped, newest first. They cost "
    "nothing until a moderator approves them.",
    "parameters": CURSOR_PARAMETERS,
    "responses": page_of("Review", ReviewShape, example=REVIEW, path="/api/v1/reviews/"),
}
GET_REVIEW: Docs = {
    "operation_id": "get_review",
    "tags": TAGS,
    "summary": "Get a review",
    "responses": {200: answer(ReviewShape, "The review", REVIEW), **problems("not_found")},
}
APPEAL_REVIEW: Docs = {
    "operation_id": "appeal_review",
    "tags": TAGS,
    "summary": "Appeal",
    "description": "A moderator decides about the refused request and, if it is approved, it is "
    "placed at its price of then. The decision is emailed.",
    "request": None,
    "responses": {
        200: answer(ReviewShape, "Waits for review", WAITING),
        **problems(
            *("csrf_failed", "not_found", "already_decided"),
            *("too_many_waiting", "too_many_requests"),
        ),
    },
}
CANCEL_REVIEW: Docs = {
    "operation_id": "cancel_review",
    "tags": TAGS,
    "summary": "Withdraw a request from review",
    "request": None,
    "responses": {
        200: answer(ReviewShape, "Withdrawn", WAITING | {"state": "canceled"}),
        **problems("csrf_failed", "not_found", "already_decided"),
    },
}
