"""Serializers of tags."""

from rest_framework import serializers

from artgen.api.shapes import Shape


class TagShape(Shape):
    """A tag of yours; only you see it."""

    name = serializers.CharField()
    count = serializers.IntegerField(help_text="Images with it, except those in the trash.")
    count_is_more = serializers.BooleanField(
        source="is_more",
        help_text="Whether more images have it than `count`: counting stops at 1,000.",
    )

    class Meta:
        ref_name = "Tag"
