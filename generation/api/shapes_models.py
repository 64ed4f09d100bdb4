"""Serializers of models and style presets."""

from rest_framework import serializers

from artgen.api.shapes import Shape


class ParameterShape(Shape):
    """One parameter: `min`, `max`, `step` of a number, or the closed list `choices`."""

    default = serializers.JSONField()
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    step = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.JSONField(), allow_null=True)

    class Meta:
        ref_name = "Parameter"


class PriceShape(Shape):
    """Credits per image.

    max(minimum, ceil(per_image + per_megapixel × width × height / 1,000,000))
    """

    per_image = serializers.FloatField()
    per_megapixel = serializers.FloatField()
    minimum = serializers.IntegerField()

    class Meta:
        ref_name = "Price"


class ModelShape(Shape):
    """A model. If it has the parameter `size`, width and height are one of its choices."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField(child=ParameterShape())
    min_source_images = serializers.IntegerField()
    max_source_images = serializers.IntegerField()
    languages = serializers.ListField(
        child=serializers.CharField(),
        help_text="Languages of prompts as ISO 639-1 codes, the preferred one first; empty if not "
        "known.",
    )
    price = PriceShape()
    enabled = serializers.BooleanField()

    class Meta:
        ref_name = "Model"


class StyleShape(Shape):
    """A style preset: text added around the prompt."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    is_own = serializers.BooleanField(help_text="Whether you have written it yourself.")

    class Meta:
        ref_name = "Style"
