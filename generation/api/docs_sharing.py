"""What OpenAPI says of sharing: keyword arguments of `extend_schema`, one set per operation."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from artgen.api.openapi import BODY_PROBLEMS, EXAMPLE_HOST, Docs, answer, problems
from generation.api import examples
from generation.api.shapes_images import ImageShape
from generation.api.shapes_sharing import (
    CollectionShareShape,
    LinkShape,
    SharedImageShape,
    ShareShape,
)

IMAGES, COLLECTIONS = ["images"], ["collections"]

PUBLICATION = {
    "state": "waiting",
    "reason": "",
    "url": None,
    "with_parameters": True,
    "with_name": False,
    "asked_at": "2025-11-24T16:20:00.000Z",
    "decided_at": None,
    "published_at": None,
}
LINK = {
    "url": f"{EXAMPLE_HOST}/s/q3Zt0yV1mJkXwR8nB5cLdP2e/",
    "expires_at": "2025-12-01T16:10:00.000Z",
    "with_parameters": True,
    "with_name": False,
}
SHARE = LINK | {"publication": None}
COLLECTION_SHARE = LINK | {"url": f"{EXAMPLE_HOST}/c/q3Zt0yV1mJkXwR8nB5cLdP2e/"}
ADDRESS = (
    "Creates a link that cannot be guessed, or changes the existing one; its address stays the "
    "same unless `new`. "
)
A_WEEK = OpenApiExample(
    "A week, with parameters", {"expires_in_days": 7, "with_parameters": True}, request_only=True
)
LINK_PROBLEMS = (*BODY_PROBLEMS, "not_found", "too_many_requests")
STOP: Docs = {
    "description": "Permanent: a later link has another address.",
    "responses": {204: answer(None, "Turned off"), **problems("csrf_failed", "not_found")},
}


def _changed(shape: Any, example: dict[str, Any]) -> dict[Any, Any]:
    """Return the responses of a link that is created or changed."""
    return {201: answer(shape, "Created", example), 200: answer(shape, "Changed", example)}


GET_SHARE: Docs = {
    "operation_id": "get_share",
    "tags": IMAGES,
    "summary": "Get how an image is shared",
    "responses": {
        200: answer(ShareShape, "The share", SHARE | {"publication": PUBLICATION}),
        **problems("not_found"),
    },
}
MAKE_LINK: Docs = {
    "operation_id": "share_image",
    "tags": IMAGES,
    "summary": "Share an image by link",
    "description": ADDRESS + "Without parameters, the prompt is removed from the files. An address "
    "of the file itself stays valid for up to ten minutes after the link is turned off.",
    "request": LinkShape,
    "examples": [A_WEEK],
    "responses": {
        **_changed(ShareShape, SHARE),
        **problems(*LINK_PROBLEMS, "in_the_trash"),
    },
}
STOP_LINK: Docs = {
    "operation_id": "stop_sharing_image",
    "tags": IMAGES,
    "summary": "Turn off the link to an image",
    **STOP,
}
APPEAL: Docs = {
    "operation_id": "appeal_publication",
    "tags": IMAGES,
    "summary": "Appeal against a rule that refused to publish an image",
    "description": "A moderator will review the image. Possible while `publication.state` is "
    "`refused` by a rule, not by a moderator.",
    "request": None,
    "responses": {
        200: answer(ShareShape, "Waits for review", SHARE | {"publication": PUBLICATION}),
        **problems(
            *("csrf_failed", "not_found", "in_the_trash", "already_decided"),
            *("too_many_waiting", "too_many_requests"),
        ),
    },
}

SAVED = examples.IMAGE | {"job": None, "saved_from": {"author": "Alice"}, "seed": None}
SAVE_IMAGE: Docs = {
    "operation_id": "save_shared_image",
    "tags": IMAGES,
    "summary": "Save a shared image",
    "description": "Copies an image that another user shares by link, in a shared collection or on "
    "/explore/ to your own images: with files of its own, and with prompt and parameters only if "
    "the page shows them. It costs nothing and counts against your storage. An image that you have "
    "saved before, or that is yours, is returned as it is; from the trash it is restored.",
    "request": SharedImageShape,
    "examples": [
        OpenApiExample("An image", {"share": "q3Zt0yV1mJkXwR8nB5cLdP2e"}, request_only=True),
        OpenApiExample(
            "An image of a shared collection",
            {"share": "q3Zt0yV1mJkXwR8nB5cLdP2e", "item": 31},
            request_only=True,
        ),
    ],
    "responses": {
        201: answer(ImageShape, "Saved", SAVED),
        200: answer(ImageShape, "It was there already", SAVED),
        **problems(
            *("csrf_failed", "invalid", "malformed", "not_shared", "not_savable", "storage_full"),
            *("too_large", "unsupported_media_type", "too_many_requests", "unavailable"),
        ),
    },
}

GET_COLLECTION_SHARE: Docs = {
    "operation_id": "get_collection_share",
    "tags": COLLECTIONS,
    "summary": "Get how a collection is shared",
    "responses": {
        200: answer(CollectionShareShape, "The share", COLLECTION_SHARE),
        **problems("not_found"),
    },
}
MAKE_COLLECTION_LINK: Docs = {
    "operation_id": "share_collection",
    "tags": COLLECTIONS,
    "summary": "Share a collection by link",
    "description": ADDRESS + "Its page shows the collection’s name and its images, later ones "
    "included. Images in the trash are left out, and those that moderators keep from Explore.",
    "request": LinkShape,
    "examples": [A_WEEK],
    "responses": {
        **_changed(CollectionShareShape, COLLECTION_SHARE),
        **problems(*LINK_PROBLEMS),
    },
}
STOP_COLLECTION_LINK: Docs = {
    "operation_id": "stop_sharing_collection",
    "tags": COLLECTIONS,
    "summary": "Turn off the link to a collection",
    **STOP,
}
