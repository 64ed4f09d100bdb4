"""OpenAPI descriptions of images and uploads: arguments of `extend_schema`."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from artgen.api.openapi import BODY_PROBLEMS, CURSOR_PARAMETERS, Docs, answer, page_of, problems
from artgen.api.views import QUERY_MAX_LENGTH
from generation.api import examples, shapes_images
from generation.api.docs_jobs import BY_MODEL
from generation.gallery.filters import MAX_LONGEST_SIDE, Orientation

TAGS = ["images"]

LIST_IMAGES: Docs = {
    "operation_id": "list_images",
    "tags": TAGS,
    "summary": "List images",
    "description": "Newest first.",
    "parameters": [
        OpenApiParameter(
            "q",
            {"type": "string", "maxLength": QUERY_MAX_LENGTH},
            description="Only with these words in the prompt, the note or the tags, in any form; "
            'the last word can be incomplete. `"tea hills"`: a phrase; `-fog`: without; '
            "`or`: either.",
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
            "tag",
            {"type": "string", "maxLength": QUERY_MAX_LENGTH},
            description="Only with this tag of yours, case-insensitive. "
            "Several, separated by commas: only with all of them.",
        ),
        OpenApiParameter(
            "trashed", OpenApiTypes.BOOL, description="Images in the trash instead.", default=False
        ),
        *CURSOR_PARAMETERS,
    ],
    "responses": page_of(
        "Image", shapes_images.ImageShape, example=examples.IMAGE, path="/api/v1/images/"
    ),
}
GET_IMAGE: Docs = {
    "operation_id": "get_image",
    "tags": TAGS,
    "summary": "Get an image",
    "description": "Includes images in the trash; `trashed_at` is when it was moved there.",
    "responses": {
        200: answer(shapes_images.ImageShape, "The image", examples.IMAGE),
        **problems("not_found"),
    },
}
CHANGE_IMAGE: Docs = {
    "operation_id": "change_image",
    "tags": TAGS,
    "summary": "Change an image",
    "request": shapes_images.ImageChangeShape,
    "description": "`visibility` changes who can see it: see the field. The prompt is shown on "
    "/explore/ only if the link already showed it.",
    "examples": [
        OpenApiExample("A favorite", {"favorite": True}, request_only=True),
        OpenApiExample(
            "A note and tags",
            {"note": "For the kitchen wall, A2", "tags": ["print", "tea"]},
            request_only=True,
        ),
        OpenApiExample("Public, after a review", {"visibility": "public"}, request_only=True),
    ],
    "responses": {
        200: answer(shapes_images.ImageShape, "Changed", examples.IMAGE | {"favorite": True}),
        **problems(
            *BODY_PROBLEMS,
            "too_many_requests",
            *("not_found", "in_the_trash", "not_publishable", "too_many_tags", "too_many_waiting"),
            too_many_tags={"detail": "The limit of 500 different tags is reached.", "limit": 500},
        ),
    },
}
TRASH_IMAGE: Docs = {
    "operation_id": "trash_image",
    "tags": TAGS,
    "summary": "Move an image to the trash",
    "description": "It can be restored for 30 days.",
    "responses": {204: answer(None, "Moved to the trash"), **problems("csrf_failed", "not_found")},
}
RESTORE_IMAGE: Docs = {
    "operation_id": "restore_image",
    "tags": TAGS,
    "summary": "Restore an image from the trash",
    "request": None,
    "responses": {
        200: answer(shapes_images.ImageShape, "Restored", examples.IMAGE),
        **problems("csrf_failed", "not_found"),
    },
}
UPLOAD: Docs = {
    "operation_id": "upload",
    "tags": TAGS,
    "summary": "Upload a source image",
    "description": "PNG, JPEG or WebP of up to 20 MB and 24 megapixels, not animated. It is stored "
    "upright, without metadata and with at most 4096 px per side. A mask is a PNG as large as its "
    "source image. An upload that no job uses is deleted after a day.",
    "request": {"multipart/form-data": shapes_images.UploadFileShape},
    "responses": {
        201: answer(shapes_images.UploadShape, "Stored", examples.UPLOAD),
        **problems(
            *BODY_PROBLEMS,
            "storage_full",
            "too_many_requests",
            "unavailable",
        ),
    },
}
