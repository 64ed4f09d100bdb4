"""OpenAPI descriptions of jobs, batches and quotes: arguments of `extend_schema`."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer

from artgen.api.openapi import BODY_PROBLEMS, CURSOR_PARAMETERS, Docs, answer, page_of, problems
from generation.api import examples, shapes_jobs
from generation.api.bodies import KEY_HEADER, KEY_MAX_LENGTH
from generation.jobs.job_request import JobRequestShape
from generation.models import Status

TAGS = ["jobs"]

BY_MODEL = OpenApiParameter("model", OpenApiTypes.STR, description="Only of this model, by slug.")
KEY = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "minLength": 1, "maxLength": KEY_MAX_LENGTH, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="ASCII characters of your choice. The same key and body again: the same response "
    "with 200, nothing is created. Another body: 422.",
)
TOO_WIDE = {
    "detail": "Must be 256–1536 for FLUX.1 dev.",
    "errors": [
        {"field": "width", "code": "max_value", "detail": "Must be 256–1536 for FLUX.1 dev."}
    ],
}
NOT_ALLOWED = {
    "detail": "This prompt isn’t allowed: violence (“gun”). Nothing was charged. Change it, or "
    "appeal.",
    "review": examples.REVIEW["id"],
    "can_appeal": True,
    "categories": ["violence"],
    "words": ["gun"],
}
SHORT = {"detail": "1 credit more needed", "needed": 3, "available": 2}
ORDER_CODES = (
    "too_few_credits",
    "token_limit_reached",
    "permission_denied",
    "model_not_allowed",
    "size_not_allowed",
    "batch_not_allowed",
    "prompt_not_allowed",
    "held_for_review",
    "too_many_requests",
    "too_many_waiting",
    "daily_limit",
    "monthly_limit",
    "storage_full",
    "generation_off",
)
"""Codes of new jobs, the form of the request aside."""
KEYED_CODES = (
    *BODY_PROBLEMS,
    *ORDER_CODES,
    "idempotency_key_busy",
    "idempotency_key_reused",
)
KEYED_EXAMPLES: dict[str, dict[str, Any]] = {
    "invalid": TOO_WIDE,
    "too_few_credits": SHORT,
    "prompt_not_allowed": NOT_ALLOWED,
}
KEYED_PROBLEMS = problems(*KEYED_CODES, **KEYED_EXAMPLES)
BATCH_REQUEST = PolymorphicProxySerializer(
    component_name="BatchOrder",
    serializers=[shapes_jobs.CountedShape, shapes_jobs.ListedShape],
    resource_type_field_name=None,
)
COUNTED = OpenApiExample("Four of one", examples.ORDER | {"count": 4}, request_only=True)
LISTED = OpenApiExample(
    "Different ones",
    {"jobs": [examples.ORDER, examples.ORDER | {"prompt": "A canyon of layered colored paper"}]},
    request_only=True,
)
ONE = OpenApiExample("An image", examples.ORDER, request_only=True)
BATCH = {"id": "019ab2f0-5c1d-7001-b2c3-aa5577ee1234", "jobs": [examples.QUEUED]}
LIST_JOBS: Docs = {
    "operation_id": "list_jobs",
    "tags": TAGS,
    "summary": "List jobs",
    "description": "Newest first.",
    "parameters": [
        OpenApiParameter(
            "status", OpenApiTypes.STR, enum=Status.values, description="Only in this status."
        ),
        BY_MODEL,
        OpenApiParameter("batch", OpenApiTypes.UUID, description="Only of this batch."),
        *CURSOR_PARAMETERS,
    ],
    "responses": page_of(
        "Job", shapes_jobs.JobShape, example=examples.SUCCEEDED, path="/api/v1/jobs/"
    ),
}
PLACE_JOB: Docs = {
    "operation_id": "place_job",
    "tags": TAGS,
    "summary": "Create a job",
    "description": "Holds its credits and queues it. Only `model` and `prompt` are required. "
    "Follow the job by `GET /api/v1/jobs/ID/` or live on the socket `/ws/jobs/`.",
    "parameters": [KEY],
    "request": JobRequestShape,
    "examples": [ONE],
    "responses": {
        201: answer(shapes_jobs.JobShape, "Created", examples.QUEUED),
        200: answer(
            shapes_jobs.JobShape, "Created before with this Idempotency-Key", examples.QUEUED
        ),
        **KEYED_PROBLEMS,
    },
}
GET_JOB: Docs = {
    "operation_id": "get_job",
    "tags": TAGS,
    "summary": "Get a job",
    "responses": {
        200: answer(shapes_jobs.JobShape, "The job", examples.SUCCEEDED),
        **problems("not_found"),
    },
}
CANCEL_JOB: Docs = {
    "operation_id": "cancel_job",
    "tags": TAGS,
    "summary": "Cancel a job",
    "description": "Its credits are returned. A job that has finished or is being saved can’t be "
    "canceled.",
    "request": None,
    "responses": {
        200: answer(shapes_jobs.JobShape, "Canceled", examples.CANCELED),
        **problems("csrf_failed", "not_found", "already_final", "daily_limit"),
    },
}
RETRY_JOB: Docs = {
    "operation_id": "retry_job",
    "tags": TAGS,
    "summary": "Retry a job",
    "description": "Creates a new job with the same parameters, seed included. In a comparison it "
    "takes the place of the old one, once.",
    "request": None,
    "responses": {
        201: answer(shapes_jobs.JobShape, "Created", examples.QUEUED),
        **problems(
            *("csrf_failed", "invalid", "not_found", "already_final"),
            *ORDER_CODES,
            too_few_credits=SHORT,
            prompt_not_allowed=NOT_ALLOWED,
        ),
    },
}
PLACE_BATCH: Docs = {
    "operation_id": "place_batch",
    "tags": TAGS,
    "summary": "Create a batch of 1–8 jobs",
    "description": "All of them or none. Either one job with `count`, or `jobs`.",
    "parameters": [KEY],
    "request": BATCH_REQUEST,
    "examples": [COUNTED, LISTED],
    "responses": {
        201: answer(shapes_jobs.BatchShape, "Created", BATCH),
        200: answer(shapes_jobs.BatchShape, "Created before with this Idempotency-Key", BATCH),
        **KEYED_PROBLEMS,
    },
}
QUOTE: Docs = {
    "operation_id": "quote",
    "tags": TAGS,
    "summary": "Get a quote",
    "description": "The body of a job or a batch; no job is created.",
    "request": BATCH_REQUEST,
    "examples": [ONE, COUNTED, LISTED],
    "responses": {
        200: answer(
            shapes_jobs.QuoteShape,
            "The quote",
            {
                "credits": 12,
                "eta_seconds": {"p50": 40, "p90": 64, "basis": "size"},
                "parked_until": None,
            },
        ),
        **problems(
            *BODY_PROBLEMS,
            invalid=TOO_WIDE,
        ),
    },
}
