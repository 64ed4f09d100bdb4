"""What OpenAPI says of sharing: keyword arguments of `extend_schema`, one set per operation."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from artgen.api.openapi import EXAMPLE_HOST, answer, problems
from generation.api.shapes_sharing import CollectionShareShape, LinkShape, ShareShape

Docs = dict[str, Any]

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
SHARE = {
    "url": f"{EXAMPLE_HOST}/s/q3Zt0yV1mJkXwR8nB5cLdP2e/",
    "expires_at": "2025-12-01T16:10:00.000Z",
    "with_parameters": True,
    "with_name": False,
    "publication": None,
}

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
    "description": "Creates a link that cannot be guessed, or changes the existing one; its "
    "address stays the same unless `new`. Without parameters, the prompt is removed from the "
    "files. An address of the file itself stays valid for up to ten minutes after the link is "
    "turned off.",
    "request": LinkShape,
    "examples": [
        OpenApiExample(
            "A week, with parameters",
            {"expires_in_days": 7, "with_parameters": True},
            request_only=True,
        )
    ],
    "responses": {
        201: answer(ShareShape, "Created", SHARE),
        200: answer(ShareShape, "Changed", SHARE),
        **problems(
            *("csrf_failed", "invalid", "malformed", "not_found", "in_the_trash", "too_large"),
            *("unsupported_media_type", "too_many_requests"),
        ),
    },
}
STOP_LINK: Docs = {
    "operation_id": "stop_sharing_image",
    "tags": IMAGES,
    "summary": "Turn off the link to an image",
    "description": "Permanent: a later link has another address.",
    "responses": {204: answer(None, "Turned off"), **problems("csrf_failed", "not_found")},
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

COLLECTION_SHARE = {
    "url": f"{EXAMPLE_HOST}/c/q3Zt0yV1mJkXwR8nB5cLdP2e/",
    "expires_at": "2025-12-01T16:10:00.000Z",
    "with_parameters": True,
    "with_name": False,
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
    "description": "Creates a link that cannot be guessed, or changes the existing one; its "
    "address stays the same unless `new`. Its page shows the collection’s name and its images, "
    "later ones included. Images in the trash are left out, and those that moderators keep from "
    "Explore.",
    "request": LinkShape,
    "examples": [
        OpenApiExample(
            "A week, with parameters",
            {"expires_in_days": 7, "with_parameters": True},
            request_only=True,
        )
    ],
    "responses": {
        201: answer(CollectionShareShape, "Created", COLLECTION_SHARE),
        200: answer(CollectionShareShape, "Changed", COLLECTION_SHARE),
        **problems(
            *("csrf_failed", "invalid", "malformed", "not_found", "too_large"),
            *("unsupported_media_type", "too_many_requests"),
        ),
    },
}
STOP_COLLECTION_LINK: Docs = {
    "operation_id": "stop_sharing_collection",
    "tags": COLLECTIONS,
    "summary": "Turn off the link to a collection",
    "description": "Permanent: a later link has another address.",
    "responses": {204: answer(None, "Turned off"), **problems("csrf_failed", "not_found")},
}
