"""What OpenAPI says of sharing: keyword arguments of `extend_schema`, one set an operation, and the shapes."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from artgen.api.openapi import EXAMPLE_HOST, answer, problems
from generation.models import PublicationState

Docs = dict[str, Any]
Shape = serializers.Serializer[Any]

IMAGES = ["images"]


class PublicationShape(Shape):
    """A wish to show the picture to everybody on /explore/, and what became of it."""

    state = serializers.ChoiceField(
        choices=PublicationState.choices,
        help_text="`waiting` before staff, `published`, `hidden` after reports until staff have looked again, "
        "`refused`, `withdrawn` by you.",
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why it was refused, in words.")
    url = serializers.URLField(allow_null=True, help_text="Its public page, while it is published.")
    with_parameters = serializers.BooleanField()
    with_name = serializers.BooleanField()
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        ref_name = "Publication"


class ShareShape(Shape):
    """How a picture is shared. Without a link that works `url` is null."""

    url = serializers.URLField(
        allow_null=True, help_text="The page that whoever has this address sees."
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Null: it works until it is stopped."
    )
    with_parameters = serializers.BooleanField(
        help_text="Whether the page shows prompt and parameters."
    )
    with_name = serializers.BooleanField(
        help_text="Whether the page shows the name of your account, never the e-mail."
    )
    publication = PublicationShape(allow_null=True, help_text="The last wish to be public.")

    class Meta:
        ref_name = "Share"


class LinkShape(Shape):
    """What a link is to be like."""

    expires_in_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="1, 7 or 30 days from now; null, as if not given: until stopped.",
    )
    with_parameters = serializers.BooleanField(required=False, default=False)
    with_name = serializers.BooleanField(required=False, default=False)
    new = serializers.BooleanField(
        required=False, default=False, help_text="End the old link and make another one."
    )

    class Meta:
        ref_name = "Link"


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
    "summary": "See how an own picture is shared",
    "responses": {
        200: answer(ShareShape, "The share", SHARE | {"publication": PUBLICATION}),
        **problems("not_found"),
    },
}
MAKE_LINK: Docs = {
    "operation_id": "share_image",
    "tags": IMAGES,
    "summary": "Share an own picture by link",
    "description": "Makes a link that nobody can guess, or changes the one there is; its address stays unless `new`. "
    "Files served without parameters have the prompt taken out of them. An address of the file itself that somebody "
    "has already got from the page works for ten minutes more after the link is stopped.",
    "request": LinkShape,
    "examples": [
        OpenApiExample(
            "A week, with parameters",
            {"expires_in_days": 7, "with_parameters": True},
            request_only=True,
        )
    ],
    "responses": {
        201: answer(ShareShape, "Made", SHARE),
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
    "summary": "Stop the link to an own picture",
    "description": "For good: a later link has another address.",
    "responses": {204: answer(None, "Stopped"), **problems("csrf_failed", "not_found")},
}
