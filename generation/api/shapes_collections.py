"""Serializers of collections."""

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from artgen.api.shapes import Id, Moment, Shape, Text
from generation.files import storage
from generation.models.collections import NAME_MAX

MAX_IMAGES = 500
"""In one request to add to or remove from a collection."""


class CoverUrl(serializers.CharField):
    """The address of the first of some thumbnails, null without any."""

    def to_representation(self, value: Any) -> Any:
        """Return the address; `value` are keys."""
        return storage.url(value[0]) if value else None


class CollectionShape(Shape):
    """A named collection of your images; an image can be in several."""

    id = serializers.UUIDField(source="collection.id")
    name = serializers.CharField(source="collection.name")
    count = serializers.IntegerField(help_text="Images in it, except those in the trash.")
    count_is_more = serializers.BooleanField(
        source="is_more",
        help_text="Whether it holds more than `count`: counting stops at 1,000.",
    )
    cover_url = CoverUrl(
        source="covers", allow_null=True, help_text="Thumbnail of its newest image; expires."
    )
    created_at = Moment(source="collection.created_at")

    class Meta:
        ref_name = "Collection"


class CollectionNameShape(Shape):
    """The name of a collection; unique per user, case-insensitive."""

    name = Text(
        max_length=NAME_MAX, error_messages={"blank": gettext_lazy("Enter a collection name.")}
    )

    class Meta:
        ref_name = "CollectionName"


class CollectionImagesShape(Shape):
    """Images to add or remove."""

    images = serializers.ListField(
        child=Id(),
        min_length=1,
        max_length=MAX_IMAGES,
        error_messages={
            name: gettext_lazy("Must be a list of 1–500 image IDs.")
            for name in ("required", "null", "not_a_list", "min_length", "max_length")
        },
    )

    class Meta:
        ref_name = "CollectionImages"
