"""OpenAPI descriptions: keyword arguments of `extend_schema`, one set per operation."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer

from artgen.api.openapi import CURSOR_PARAMETERS, answer, page_example, page_shape, problems
from artgen.api.views import QUERY_MAX_LENGTH
from generation.api import examples, shapes
from generation.api.bodies import KEY_HEADER, KEY_MAX_LENGTH
from generation.gallery.filters import MAX_LONGEST_SIDE, Orientation
from generation.models import Status

Docs = dict[str, Any]

JOBS, IMAGES, COLLECTIONS, OFFER = ["jobs"], ["images"], ["collections"], ["models"]

KEY = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "minLength": 1, "maxLength": KEY_MAX_LENGTH, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="ASCII characters of your choice. The same key and body again: the same response "
    "with 200, nothing is created. Another body: 422.",
)
BY_MODEL = OpenApiParameter("model", OpenApiTypes.STR, description="Only of this model, by slug.")
TOO_WIDE = {
    "detail": "Must be 256–1536 for FLUX.1 dev.",
    "errors": [
        {"field": "width", "code": "max_value", "detail": "Must be 256–1536 for FLUX.1 dev."}
    ],
}
SHORT = {"detail": "1 credit more needed", "needed": 3, "available": 2}
KEYED_PROBLEMS = problems(
    *(
        "invalid",
        "malformed",
        "too_few_credits",
        "token_limit_reached",
        "permission_denied",
        "csrf_failed",
        "idempotency_key_busy",
        "too_large",
    ),
    *(
        "unsupported_media_type",
        "idempotency_key_reused",
        "too_many_requests",
        "too_many_waiting",
        "generation_off",
    ),
    invalid=TOO_WIDE,
    too_few_credits=SHORT,
)
BATCH_REQUEST = PolymorphicProxySerializer(
    component_name="BatchOrder",
    serializers=[shapes.CountedShape, shapes.ListedShape],
    resource_type_field_name=None,
)
COUNTED = OpenApiExample("Four of one", examples.ORDER | {"count": 4}, request_only=True)
LISTED = OpenApiExample(
    "Different ones",
    {"jobs": [examples.ORDER, examples.ORDER | {"prompt": "A canyon of layered colored paper"}]},
    request_only=True,
)
ONE = OpenApiExample("An image", examples.ORDER, request_only=True)
NAME_TAKEN = {
    "detail": "A collection named “Mountains” already exists.",
    "errors": [
        {
            "field": "name",
            "code": "unique",
            "detail": "A collection named “Mountains” already exists.",
        },
    ],
}
THESE = OpenApiExample("Two images", {"images": examples.TWO_IDS}, request_only=True)
BATCH = {"id": "019ab2f0-5c1d-7001-b2c3-aa5577ee1234", "jobs": [examples.QUEUED]}

LIST_JOBS: Docs = {
    "operation_id": "list_jobs",
    "tags": JOBS,
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
    "responses": {
        200: answer(
            page_shape("Job", shapes.JobShape),
            "A page",
            page_example([examples.SUCCEEDED], "/api/v1/jobs/"),
        ),
        **problems("invalid"),
    },
}
PLACE_JOB: Docs = {
    "operation_id": "place_job",
    "tags": JOBS,
    "summary": "Create a job",
    "description": "Holds its credits and queues it. Only `model` and `prompt` are required. "
    "Follow the job by `GET /api/v1/jobs/ID/` or live on the socket `/ws/jobs/`.",
    "parameters": [KEY],
    "request": shapes.JobRequestShape,
    "examples": [ONE],
    "responses": {
        201: answer(shapes.JobShape, "Created", examples.QUEUED),
        200: answer(shapes.JobShape, "Created before with this Idempotency-Key", examples.QUEUED),
        **KEYED_PROBLEMS,
    },
}
GET_JOB: Docs = {
    "operation_id": "get_job",
    "tags": JOBS,
    "summary": "Get a job",
    "responses": {
        200: answer(shapes.JobShape, "The job", examples.SUCCEEDED),
        **problems("not_found"),
    },
}
CANCEL_JOB: Docs = {
    "operation_id": "cancel_job",
    "tags": JOBS,
    "summary": "Cancel a job",
    "description": "Its credits are returned. A job that has finished or is being saved can’t be "
    "canceled.",
    "request": None,
    "responses": {
        200: answer(shapes.JobShape, "Canceled", examples.CANCELED),
        **problems("csrf_failed", "not_found", "already_final"),
    },
}
RETRY_JOB: Docs = {
    "operation_id": "retry_job",
    "tags": JOBS,
    "summary": "Retry a job",
    "description": "Creates a new job with the same parameters, seed included.",
    "request": None,
    "responses": {
        201: answer(shapes.JobShape, "Created", examples.QUEUED),
        **problems(
            "csrf_failed",
            *(
                "invalid",
                "too_few_credits",
                "token_limit_reached",
                "permission_denied",
                "not_found",
                "too_many_requests",
                "too_many_waiting",
            ),
            "generation_off",
            too_few_credits=SHORT,
        ),
    },
}
PLACE_BATCH: Docs = {
    "operation_id": "place_batch",
    "tags": JOBS,
    "summary": "Create a batch of 1–8 jobs",
    "description": "All of them or none. Either one job with `count`, or `jobs`.",
    "parameters": [KEY],
    "request": BATCH_REQUEST,
    "examples": [COUNTED, LISTED],
    "responses": {
        201: answer(shapes.BatchShape, "Created", BATCH),
        200: answer(shapes.BatchShape, "Created before with this Idempotency-Key", BATCH),
        **KEYED_PROBLEMS,
    },
}
QUOTE: Docs = {
    "operation_id": "quote",
    "tags": JOBS,
    "summary": "Get a quote",
    "description": "The body of a job or a batch; no job is created.",
    "request": BATCH_REQUEST,
    "examples": [ONE, COUNTED, LISTED],
    "responses": {
        200: answer(
            shapes.QuoteShape, "The quote", {"credits": 12, "eta_seconds": {"p50": 40, "p90": 64}}
        ),
        **problems(
            "csrf_failed",
            "invalid",
            "malformed",
            "too_large",
            "unsupported_media_type",
            invalid=TOO_WIDE,
        ),
    },
}
LIST_IMAGES: Docs = {
    "operation_id": "list_images",
    "tags": IMAGES,
    "summary": "List images",
    "description": "Newest first.",
    "parameters": [
        OpenApiParameter(
            "q",
            {"type": "string", "maxLength": QUERY_MAX_LENGTH},
            description="Only with these words in the prompt, in any form; the last word can be "
            'incomplete. `"tea hills"`: a phrase; `-fog`: without; `or`: either.',
        ),
        BY_MODEL,
        OpenApiParameter("style", OpenApiTypes.STR, description="Only of this style, by slug."),
        OpenApiParameter(
            "since", OpenApiTypes.DATE, description="Only created on this day or later."
        ),
        OpenApiParameter(
            "until", OpenApiTypes.DATE, description="Only created on this day or earlier."
        ),
        OpenApiParameter(
            "shape", OpenApiTypes.STR, enum=Orientation.values, description="Only of this shape."
        ),
        OpenApiParameter(
            "longest",
            {"type": "integer", "minimum": 1, "maximum": MAX_LONGEST_SIDE},
            description="Only with at least this many pixels along the longer side.",
        ),
        OpenApiParameter(
            "sourced",
            OpenApiTypes.BOOL,
            description="Only created from an image, or only from a prompt.",
        ),
        OpenApiParameter(
            "source", OpenApiTypes.UUID, description="Only created from this image or upload."
        ),
        OpenApiParameter(
            "favorite", OpenApiTypes.BOOL, description="Only favorites, or only other images."
        ),
        OpenApiParameter("collection", OpenApiTypes.UUID, description="Only of this collection."),
        OpenApiParameter(
            "trashed", OpenApiTypes.BOOL, description="Images in the trash instead.", default=False
        ),
        *CURSOR_PARAMETERS,
    ],
    "responses": {
        200: answer(
            page_shape("Image", shapes.ImageShape),
            "A page",
            page_example([examples.IMAGE], "/api/v1/images/"),
        ),
        **problems("invalid"),
    },
}
GET_IMAGE: Docs = {
    "operation_id": "get_image",
    "tags": IMAGES,
    "summary": "Get an image",
    "description": "Includes images in the trash; `trashed_at` is when it was moved there.",
    "responses": {
        200: answer(shapes.ImageShape, "The image", examples.IMAGE),
        **problems("not_found"),
    },
}
CHANGE_IMAGE: Docs = {
    "operation_id": "change_image",
    "tags": IMAGES,
    "summary": "Change an image",
    "request": shapes.ImageChangeShape,
    "description": "`visibility` changes who can see it: see the field. The prompt is shown on "
    "/explore/ only if the link already showed it.",
    "examples": [
        OpenApiExample("A favorite", {"favorite": True}, request_only=True),
        OpenApiExample("Public, after a review", {"visibility": "public"}, request_only=True),
    ],
    "responses": {
        200: answer(shapes.ImageShape, "Changed", examples.IMAGE | {"favorite": True}),
        **problems(
            *(
                "csrf_failed",
                "invalid",
                "malformed",
                "not_found",
                "in_the_trash",
                "not_publishable",
                "too_large",
            ),
            *("unsupported_media_type", "too_many_waiting"),
        ),
    },
}
TRASH_IMAGE: Docs = {
    "operation_id": "trash_image",
    "tags": IMAGES,
    "summary": "Move an image to the trash",
    "description": "It can be restored for 30 days.",
    "responses": {204: answer(None, "Moved to the trash"), **problems("csrf_failed", "not_found")},
}
RESTORE_IMAGE: Docs = {
    "operation_id": "restore_image",
    "tags": IMAGES,
    "summary": "Restore an image from the trash",
    "request": None,
    "responses": {
        200: answer(shapes.ImageShape, "Restored", examples.IMAGE),
        **problems("csrf_failed", "not_found"),
    },
}
COLLECTION_PROBLEMS = (
    *("csrf_failed", "invalid", "malformed", "not_found", "too_large", "unsupported_media_type"),
)
LIST_COLLECTIONS: Docs = {
    "operation_id": "list_collections",
    "tags": COLLECTIONS,
    "summary": "List collections",
    "description": "By name, on one page. Images of a collection: "
    "`GET /api/v1/images/?collection=ID`.",
    "responses": {
        200: answer(shapes.CollectionShape(many=True), "All collections", examples.COLLECTION),
        **problems("invalid"),
    },
}
MAKE_COLLECTION: Docs = {
    "operation_id": "make_collection",
    "tags": COLLECTIONS,
    "summary": "Create a collection",
    "description": "Names are unique, case-insensitive.",
    "request": shapes.CollectionNameShape,
    "examples": [OpenApiExample("A name", {"name": "Mountains"}, request_only=True)],
    "responses": {
        201: answer(
            shapes.CollectionShape, "Created", examples.COLLECTION | {"count": 0, "cover_url": None}
        ),
        **problems(
            *(
                "csrf_failed",
                "invalid",
                "malformed",
                "too_many_collections",
                "too_large",
                "unsupported_media_type",
            ),
            invalid=NAME_TAKEN,
            too_many_collections={
                "detail": "The limit of 200 collections is reached.",
                "limit": 200,
            },
        ),
    },
}
GET_COLLECTION: Docs = {
    "operation_id": "get_collection",
    "tags": COLLECTIONS,
    "summary": "Get a collection",
    "responses": {
        200: answer(shapes.CollectionShape, "The collection", examples.COLLECTION),
        **problems("not_found"),
    },
}
RENAME_COLLECTION: Docs = {
    "operation_id": "rename_collection",
    "tags": COLLECTIONS,
    "summary": "Rename a collection",
    "request": shapes.CollectionNameShape(partial=True),
    "examples": [OpenApiExample("Another name", {"name": "Hills"}, request_only=True)],
    "responses": {
        200: answer(shapes.CollectionShape, "Renamed", examples.COLLECTION | {"name": "Hills"}),
        **problems(*COLLECTION_PROBLEMS, invalid=NAME_TAKEN),
    },
}
DELETE_COLLECTION: Docs = {
    "operation_id": "delete_collection",
    "tags": COLLECTIONS,
    "summary": "Delete a collection",
    "description": "Its images stay in the gallery.",
    "responses": {204: answer(None, "Deleted"), **problems("csrf_failed", "not_found")},
}
ADD_TO_COLLECTION: Docs = {
    "operation_id": "add_to_collection",
    "tags": COLLECTIONS,
    "summary": "Add images to a collection",
    "description": "All or none. Idempotent.",
    "request": shapes.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes.CollectionShape, "Added", examples.COLLECTION),
        **problems(*COLLECTION_PROBLEMS),
    },
}
REMOVE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_from_collection",
    "tags": COLLECTIONS,
    "summary": "Remove images from a collection",
    "description": "They stay in the gallery; those not in the collection are ignored. Idempotent.",
    "request": shapes.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes.CollectionShape, "Removed", examples.COLLECTION),
        **problems(*COLLECTION_PROBLEMS),
    },
}
REMOVE_ONE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_one_from_collection",
    "tags": COLLECTIONS,
    "summary": "Remove an image from a collection",
    "description": "It stays in the gallery.",
    "responses": {204: answer(None, "Removed"), **problems("csrf_failed", "not_found")},
}
UPLOAD: Docs = {
    "operation_id": "upload",
    "tags": IMAGES,
    "summary": "Upload a source image",
    "request": {"multipart/form-data": shapes.UploadFileShape},
    "responses": {
        201: answer(shapes.UploadShape, "Stored", examples.UPLOAD),
        **problems(
            "csrf_failed",
            "invalid",
            "malformed",
            "too_large",
            "unsupported_media_type",
            "too_many_requests",
        ),
    },
}
LIST_MODELS: Docs = {
    "operation_id": "list_models",
    "tags": OFFER,
    "summary": "List models",
    "description": "On one page, disabled ones included.",
    "responses": {
        200: answer(shapes.ModelShape(many=True), "All models", examples.MODEL),
        **problems("invalid"),
    },
}
LIST_STYLES: Docs = {
    "operation_id": "list_styles",
    "tags": OFFER,
    "summary": "List styles",
    "responses": {
        200: answer(
            shapes.StyleShape(many=True), "All styles", {"slug": "watercolor", "name": "Watercolor"}
        ),
        **problems("invalid"),
    },
}
