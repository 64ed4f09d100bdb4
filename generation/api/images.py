"""Images: list, get, change, move to the trash, restore, save those that others share."""

import re
from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from artgen.api.inputs import Body, Choice, Flag, Number, Text
from artgen.api.json_types import Page
from artgen.api.operations import Answer, operation
from artgen.api.pagination import FixedList, page_of
from artgen.api.views import ApiView
from generation.api.image_filters import ImagesQuery, wanted_of
from generation.api.sharing import own_image, show_to
from generation.gallery import favorites, notes, tagging, tags, trash
from generation.gallery.image_filters import find
from generation.gallery.notes import NOTE_MAX
from generation.gallery.sharing import saved_copies
from generation.gallery.tags import MAX_PER_IMAGE
from generation.jobs.live.job_json import IMAGE_COLUMNS, SAVED_COLUMNS, ImageJson, image_json
from generation.models import Image, ImageQuerySet, Visibility
from generation.models.tags import TAG_MAX

COLUMNS = (*IMAGE_COLUMNS, *SAVED_COLUMNS)
SECRET_MAX_LENGTH = 100
ITEM_MAX = 2**53 - 1


class ImageChangeBody(Body):
    """What can be changed of an image."""

    favorite = Flag(required=False)
    visibility = Choice(
        choices=Visibility.choices,
        required=False,
        help_text="`private` turns off the link and withdraws the request to publish. `link` "
        "creates a link if there is none, and withdraws that request. `public` requests a review: "
        "until staff approve, `visibility` does not change, and `GET …/share/` shows the state.",
    )
    note = Text(
        required=False,
        allow_blank=True,
        max_length=NOTE_MAX,
        help_text="Replaces the note; empty removes it. Only you see it.",
    )
    tags = serializers.ListField(
        child=Text(max_length=TAG_MAX, allow_blank=True),
        max_length=MAX_PER_IMAGE,
        required=False,
        error_messages={
            name: _("Must be a list of up to 20 tags.")
            for name in ("null", "not_a_list", "max_length")
        },
        help_text="Replaces the tags. Names are unique, case-insensitive: a tag keeps its first "
        "spelling. Surrounding spaces and a leading `#` are removed. Only you see them.",
    )


class Secret(Text):
    """The secret of a link."""

    def run_validators(self, value: object) -> None:
        """Accept only what a secret can be."""
        serializers.CharField.run_validators(self, value)


class SharedImageBody(Body):
    """The link of an image that another user shares."""

    share = Secret(
        max_length=SECRET_MAX_LENGTH,
        validators=[RegexValidator(r"^[-\w]+\Z", _("Letters, digits, - and _."), flags=re.ASCII)],
        help_text="The secret in the address of its page: `/s/SECRET/`, or `/c/SECRET/ITEM/` in a "
        "shared collection.",
    )
    item = Number(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=ITEM_MAX,
        help_text="Of an image in a shared collection: the number in the address of its page.",
    )


class Images(ApiView):
    """`/api/v1/images/`."""

    @operation("GET images/", query=ImagesQuery, is_revalidated=True)
    def list_images(self, request: Request) -> Page[ImageJson]:
        """List images.

        Newest first.
        """
        query, user = self.query, user_of(request)
        wanted = wanted_of(query, user=user)
        rows: QuerySet[Any, Any] | FixedList
        if wanted.is_everything and not query["trashed"]:
            rows = FixedList(Image, _kept, {"user": user.pk}, COLUMNS)
        else:
            own = Image.objects.of(user).in_trash() if query["trashed"] else _kept(user)
            rows = find(own, wanted, user=user).images
        shown, links = page_of(request, rows, query, whole=_whole)
        return {"results": [image_json(image) for image in shown], **links}

    @operation(
        "POST images/",
        body=SharedImageBody,
        status=201,
        also={200: "It was there already"},
        problems=["not_shared", "not_savable", "storage_full", "too_many_requests", "unavailable"],
        bodies={
            "An image": {"share": "q3Zt0yV1mJkXwR8nB5cLdP2e"},
            "An image of a shared collection": {"share": "q3Zt0yV1mJkXwR8nB5cLdP2e", "item": 31},
        },
    )
    def save_shared_image(self, request: Request) -> Answer[ImageJson]:
        """Save a shared image.

        Copies an image that another user shares by link, in a shared collection or on /explore/ to
        your own images: with files of its own, and with prompt and parameters only if the page
        shows them. It costs nothing and counts against your storage. An image that you have saved
        before, or that is yours, is returned as it is; from the trash it is restored.
        """
        body = self.read_body()
        rate_limits.spend("save", user_of(request).pk)
        shared = saved_copies.finder(body["share"], item=body.get("item"))
        saved = saved_copies.save(shared, user=user_of(request))
        return Answer(
            image_json(saved.image),
            status=201 if saved.is_new else 200,
            headers={"Location": f"{request.path}{saved.image.id}/"},
        )

    @operation("GET images/<uuid:image_id>/")
    def get_image(self, request: Request, image_id: UUID) -> ImageJson:
        """Get an image.

        Includes images in the trash; `trashed_at` is when it was moved there.
        """
        return image_json(own_image(request, image_id))

    @operation(
        "PATCH images/<uuid:image_id>/",
        body=ImageChangeBody,
        problems=[
            *("too_many_requests", "in_the_trash", "not_publishable", "too_many_tags"),
            "too_many_waiting",
        ],
        bodies={
            "A favorite": {"favorite": True},
            "A note and tags": {"note": "For the kitchen wall, A2", "tags": ["print", "tea"]},
            "Public, after a review": {"visibility": "public"},
        },
    )
    def change_image(self, request: Request, image_id: UUID) -> ImageJson:
        """Change an image.

        `visibility` changes who can see it: see the field. The prompt is shown on /explore/ only if
        the link already showed it.
        """
        image, change = own_image(request, image_id), self.read_body()
        # Invalid fields are refused before anything is changed.
        notes.clean(change.get("note", ""))
        tags.cleaned(change.get("tags", ()))
        if visibility := change.get("visibility"):
            image = show_to(image, visibility)
        if (favorite := change.get("favorite")) is not None:
            image = favorites.set_favorite(image, favorite=favorite)
        if (note := change.get("note")) is not None:
            image = notes.write(image, note=note)
        if (names := change.get("tags")) is not None:
            image = tagging.replace(image, names=names)
        return image_json(image)

    @operation("DELETE images/<uuid:image_id>/")
    def trash_image(self, request: Request, image_id: UUID) -> None:
        """Move an image to the trash.

        It can be restored for 30 days.
        """
        trash.move_to_trash(own_image(request, image_id))

    @operation("POST images/<uuid:image_id>/restore/")
    def restore_image(self, request: Request, image_id: UUID) -> ImageJson:
        """Restore an image from the trash."""
        return image_json(trash.restore(own_image(request, image_id)))


def _kept(user: object) -> ImageQuerySet:
    return Image.objects.of(user).kept()


def _whole() -> Any:
    return Image.objects.values_list(*COLUMNS, named=True)
