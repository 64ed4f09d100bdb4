"""What OpenAPI says of each endpoint: keyword arguments of `extend_schema`, one set an operation."""

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
    description="ASCII characters of your choice. The same key and body again: the same answer with 200, "
    "nothing placed. Another body: 422.",
)
BY_MODEL = OpenApiParameter("model", OpenApiTypes.STR, description="Only of this model, by slug.")
TOO_WIDE = {
    "detail": "FLUX.1 dev takes 256 to 1536.",
    "errors": [{"field": "width", "code": "max_value", "detail": "FLUX.1 dev takes 256 to 1536."}],
}
SHORT = {"detail": "1 credit short", "needed": 3, "available": 2}
KEYED_PROBLEMS = problems(
    *(
        "invalid",
        "malformed",
        "too_few_credits",
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
ONE = OpenApiExample("A picture", examples.ORDER, request_only=True)
NAME_TAKEN = {
    "detail": "You have a collection of this name: Mountains.",
    "errors": [
        {
            "field": "name",
            "code": "unique",
            "detail": "You have a collection of this name: Mountains.",
        },
    ],
}
THESE = OpenApiExample("Two pictures", {"images": examples.TWO_IDS}, request_only=True)
BATCH = {"id": "019ab2f0-5c1d-7001-b2c3-aa5577ee1234", "jobs": [examples.QUEUED]}

LIST_JOBS: Docs = {
    "operation_id": "list_jobs",
    "tags": JOBS,
    "summary": "List own jobs",
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
    "summary": "Place a job",
    "description": "Holds its credits and queues it. Only `model` and `prompt` are required. Follow the job by "
    "`GET /api/v1/jobs/ID/` or live on the socket `/ws/jobs/`.",
    "parameters": [KEY],
    "request": shapes.JobRequestShape,
    "examples": [ONE],
    "responses": {
        201: answer(shapes.JobShape, "Placed", examples.QUEUED),
        200: answer(shapes.JobShape, "Placed before under this Idempotency-Key", examples.QUEUED),
        **KEYED_PROBLEMS,
    },
}
GET_JOB: Docs = {
    "operation_id": "get_job",
    "tags": JOBS,
    "summary": "Get an own job",
    "responses": {
        200: answer(shapes.JobShape, "The job", examples.SUCCEEDED),
        **problems("not_found"),
    },
}
CANCEL_JOB: Docs = {
    "operation_id": "cancel_job",
    "tags": JOBS,
    "summary": "Cancel an own job",
    "description": "Its credits come back. A job that has ended or is being saved stays as it is.",
    "request": None,
    "responses": {
        200: answer(shapes.JobShape, "Canceled", examples.CANCELED),
        **problems("csrf_failed", "not_found", "already_final"),
    },
}
RETRY_JOB: Docs = {
    "operation_id": "retry_job",
    "tags": JOBS,
    "summary": "Place an own job again",
    "description": "A new job with the same parameters, the seed included.",
    "request": None,
    "responses": {
        201: answer(shapes.JobShape, "Placed", examples.QUEUED),
        **problems(
            "csrf_failed",
            *(
                "invalid",
                "too_few_credits",
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
    "summary": "Place one to eight jobs",
    "description": "All of them or none. Either one job with `count`, or `jobs`.",
    "parameters": [KEY],
    "request": BATCH_REQUEST,
    "examples": [COUNTED, LISTED],
    "responses": {
        201: answer(shapes.BatchShape, "Placed", BATCH),
        200: answer(shapes.BatchShape, "Placed before under this Idempotency-Key", BATCH),
        **KEYED_PROBLEMS,
    },
}
QUOTE: Docs = {
    "operation_id": "quote",
    "tags": JOBS,
    "summary": "Ask for price and time",
    "description": "The body of a job or of a batch; nothing is placed.",
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
    "summary": "List own pictures",
    "description": "Newest first.",
    "parameters": [
        OpenApiParameter(
            "q",
            {"type": "string", "maxLength": QUERY_MAX_LENGTH},
            description="Only with these words in the prompt, in any form; the last one may be unfinished. "
            '`"tea hills"`: side by side; `-fog`: without; `or`: either.',
        ),
        BY_MODEL,
        OpenApiParameter("style", OpenApiTypes.STR, description="Only of this style, by slug."),
        OpenApiParameter("since", OpenApiTypes.DATE, description="Only made on this day or later."),
        OpenApiParameter(
            "until", OpenApiTypes.DATE, description="Only made on this day or earlier."
        ),
        OpenApiParameter(
            "shape", OpenApiTypes.STR, enum=Orientation.values, description="Only of this shape."
        ),
        OpenApiParameter(
            "longest",
            {"type": "integer", "minimum": 1, "maximum": MAX_LONGEST_SIDE},
            description="Only with so many pixels along the longer side, or more.",
        ),
        OpenApiParameter(
            "sourced",
            OpenApiTypes.BOOL,
            description="Only made from a picture, or only from words.",
        ),
        OpenApiParameter(
            "source", OpenApiTypes.UUID, description="Only made from this picture or upload."
        ),
        OpenApiParameter(
            "favorite", OpenApiTypes.BOOL, description="Only favorites, or only the others."
        ),
        OpenApiParameter("collection", OpenApiTypes.UUID, description="Only of this collection."),
        OpenApiParameter(
            "trashed", OpenApiTypes.BOOL, description="Those in the trash instead.", default=False
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
    "summary": "Get an own picture",
    "description": "Also one in the trash; `trashed_at` says since when.",
    "responses": {
        200: answer(shapes.ImageShape, "The picture", examples.IMAGE),
        **problems("not_found"),
    },
}
CHANGE_IMAGE: Docs = {
    "operation_id": "change_image",
    "tags": IMAGES,
    "summary": "Mark an own picture",
    "request": shapes.ImageChangeShape,
    "description": "`visibility` changes who may see it: see the field. The prompt shows on /explore/ only where the "
    "link already showed it.",
    "examples": [
        OpenApiExample("A favorite", {"favorite": True}, request_only=True),
        OpenApiExample(
            "For everybody, after a review", {"visibility": "public"}, request_only=True
        ),
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
    "summary": "Move an own picture to the trash",
    "description": "It stays there for 30 days and can be restored.",
    "responses": {204: answer(None, "In the trash"), **problems("csrf_failed", "not_found")},
}
RESTORE_IMAGE: Docs = {
    "operation_id": "restore_image",
    "tags": IMAGES,
    "summary": "Take an own picture out of the trash",
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
    "summary": "List own collections",
    "description": "By name, all of them on one page. Their pictures: `GET /api/v1/images/?collection=ID`.",
    "responses": {
        200: answer(shapes.CollectionShape(many=True), "All collections", examples.COLLECTION),
        **problems("invalid"),
    },
}
MAKE_COLLECTION: Docs = {
    "operation_id": "make_collection",
    "tags": COLLECTIONS,
    "summary": "Make a collection",
    "description": "Names are unique, whatever the case.",
    "request": shapes.CollectionNameShape,
    "examples": [OpenApiExample("A name", {"name": "Mountains"}, request_only=True)],
    "responses": {
        201: answer(
            shapes.CollectionShape, "Made", examples.COLLECTION | {"count": 0, "cover_url": None}
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
            too_many_collections={"detail": "At most 200 collections.", "limit": 200},
        ),
    },
}
GET_COLLECTION: Docs = {
    "operation_id": "get_collection",
    "tags": COLLECTIONS,
    "summary": "Get an own collection",
    "responses": {
        200: answer(shapes.CollectionShape, "The collection", examples.COLLECTION),
        **problems("not_found"),
    },
}
RENAME_COLLECTION: Docs = {
    "operation_id": "rename_collection",
    "tags": COLLECTIONS,
    "summary": "Rename an own collection",
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
    "summary": "Delete an own collection",
    "description": "Its pictures stay in the gallery.",
    "responses": {204: answer(None, "Deleted"), **problems("csrf_failed", "not_found")},
}
ADD_TO_COLLECTION: Docs = {
    "operation_id": "add_to_collection",
    "tags": COLLECTIONS,
    "summary": "Put own pictures into a collection",
    "description": "All of them or none; those in it already stay in it. Doing it again changes nothing.",
    "request": shapes.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes.CollectionShape, "They are in it", examples.COLLECTION),
        **problems(*COLLECTION_PROBLEMS),
    },
}
REMOVE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_from_collection",
    "tags": COLLECTIONS,
    "summary": "Take pictures out of a collection",
    "description": "They stay in the gallery; those not in it are passed over. Doing it again changes nothing.",
    "request": shapes.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes.CollectionShape, "They are not in it", examples.COLLECTION),
        **problems(*COLLECTION_PROBLEMS),
    },
}
REMOVE_ONE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_one_from_collection",
    "tags": COLLECTIONS,
    "summary": "Take one picture out of a collection",
    "description": "It stays in the gallery.",
    "responses": {204: answer(None, "It is not in it"), **problems("csrf_failed", "not_found")},
}
UPLOAD: Docs = {
    "operation_id": "upload",
    "tags": IMAGES,
    "summary": "Upload a source picture",
    "request": {"multipart/form-data": shapes.UploadFileShape},
    "responses": {
        201: answer(shapes.UploadShape, "Kept", examples.UPLOAD),
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
    "summary": "List the models on offer",
    "description": "All of them on one page, those switched off included.",
    "responses": {
        200: answer(shapes.ModelShape(many=True), "All models", examples.MODEL),
        **problems("invalid"),
    },
}
LIST_STYLES: Docs = {
    "operation_id": "list_styles",
    "tags": OFFER,
    "summary": "List the styles",
    "responses": {
        200: answer(
            shapes.StyleShape(many=True), "All styles", {"slug": "watercolor", "name": "Watercolor"}
        ),
        **problems("invalid"),
    },
}
