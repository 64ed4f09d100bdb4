"""Serializers of images and uploads.

Lists of images are written by `generation.jobs.serializers`, which is faster; a test compares them
with these shapes.
"""

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from artgen.api.shapes import Choice, Flag, Moment, Shape, Text
from generation.files import storage
from generation.gallery.notes import NOTE_MAX
from generation.gallery.tags import MAX_PER_IMAGE
from generation.models import Visibility
from generation.models.tags import TAG_MAX


class SavedFromShape(Shape):
    """Where a saved copy of a shared image is from."""

    author = serializers.CharField(
        allow_blank=True, help_text="The name of its owner; empty if it was not shown."
    )

    class Meta:
        ref_name = "SavedFrom"


class ImageShape(Shape):
    """An image. `sha256`, `width`, `height` and `bytes` describe the file at `url`."""

    id = serializers.UUIDField()
    job = serializers.UUIDField(allow_null=True, help_text="Null for a saved copy.")
    saved_from = SavedFromShape(
        allow_null=True, help_text="Of a copy of another user’s shared image, else null."
    )
    url = serializers.CharField(help_text="Expires; request the image again for a new one.")
    thumbnail_url = serializers.CharField(help_text="WebP; expires like `url`.")
    placeholder = serializers.CharField(help_text="ThumbHash, base64.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    seed = serializers.IntegerField(
        allow_null=True, help_text="Null for a saved copy whose page did not show it."
    )
    favorite = serializers.BooleanField()
    note = serializers.CharField(
        allow_blank=True, help_text="What you wrote about the image; only you see it."
    )
    tags = serializers.ListField(
        child=serializers.CharField(), help_text="Your tags; only you see them."
    )
    trashed_at = Moment(allow_null=True)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices,
        help_text="Who can see it now. `public` only while it is on /explore/; `link` only until "
        "the link expires.",
    )
    created_at = Moment()

    class Meta:
        ref_name = "Image"


class ImageChangeShape(Shape):
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
            name: gettext_lazy("Must be a list of up to 20 tags.")
            for name in ("null", "not_a_list", "max_length")
        },
        help_text="Replaces the tags. Names are unique, case-insensitive: a tag keeps its first "
        "spelling. Surrounding spaces and a leading `#` are removed. Only you see them.",
    )

    class Meta:
        ref_name = "ImageChange"


class FileUrl(serializers.CharField):
    """The address of a stored file."""

    def to_representation(self, value: Any) -> Any:
        """Return the address; `value` is the file's key."""
        return storage.absolute_url(value)


class UploadFileShape(Shape):
    """A source image."""

    file = serializers.FileField(
        help_text="PNG, JPEG or WebP, at most 20 MiB. Stored upright, without its metadata."
    )

    class Meta:
        ref_name = "UploadFile"


class UploadShape(Shape):
    """A stored upload; its ID goes into `source_images` or `mask`."""

    id = serializers.UUIDField()
    url = FileUrl(source="key", help_text="Expires.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()

    class Meta:
        ref_name = "Upload"
