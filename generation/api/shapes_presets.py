"""Serializers of presets and own styles."""

from typing import Any, cast

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from artgen.api.shapes import Moment, Shape, Text
from generation.catalog.offers import BATCH_MAX
from generation.jobs.job_request import request_field
from generation.models import Preset
from generation.models.presets import PRESET_NAME_MAX, STYLE_NAME_MAX, STYLE_TEXT_MAX
from generation.presets import parameters


class PresetParametersShape(Shape):
    """A request of a job without prompt and source images; only what the preset has."""

    model = serializers.SlugField(help_text="The slug of an enabled model.")

    class Meta:
        ref_name = "PresetParameters"

    def get_fields(self) -> dict[str, Any]:
        """Add the parameters that a preset can have."""
        return super().get_fields() | {one.name: request_field(one) for one in parameters.KEPT}

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return the object as it is; `presets.parameters` validates it by the model's limits."""
        if data is empty or data is None:
            return cast(dict[str, Any], super().run_validation(data))  # required, or skipped
        if not isinstance(data, dict):
            raise serializers.ValidationError([ErrorDetail(_("Must be a JSON object."), "invalid")])
        return data


class PresetRequestShape(Shape):
    """A preset to create or to change."""

    name = Text(max_length=PRESET_NAME_MAX, help_text="Unique, ignoring case.")
    parameters = PresetParametersShape(
        help_text="Replaces all of them. Width and height are those of the model if not given."
    )
    count = serializers.IntegerField(
        required=False, min_value=1, max_value=BATCH_MAX, help_text="1 to 8 images; 1 if not given."
    )

    class Meta:
        ref_name = "PresetOrder"


class PresetShape(Shape):
    """Settings under a name; `parameters` with a prompt are a request of a job."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    parameters = serializers.SerializerMethodField()
    count = serializers.SerializerMethodField(help_text="The number of images.")
    created_at = Moment()

    class Meta:
        ref_name = "Preset"

    def get_parameters(self, preset: Preset) -> PresetParametersShape:
        """Return the values as parameters of a job."""
        return parameters.parameters_of(preset.values)  # type: ignore[return-value]

    def get_count(self, preset: Preset) -> int:
        """Return the number of images."""
        return parameters.count_of(preset.values)


class OwnStyleRequestShape(Shape):
    """An own style to create or to change."""

    name = Text(max_length=STYLE_NAME_MAX, help_text="Unique, ignoring case.")
    template = Text(
        max_length=STYLE_TEXT_MAX,
        help_text="One line; `{prompt}`, once, stands for the prompt of the job.",
    )
    negative = Text(
        max_length=STYLE_TEXT_MAX,
        required=False,
        allow_blank=True,
        help_text="Added to the negative prompt; empty for nothing.",
    )

    class Meta:
        ref_name = "OwnStyleOrder"


class OwnStyleShape(Shape):
    """An own style. `GET /api/v1/styles/` lists it, too, after the built-in ones."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="The `style` of a job.")
    name = serializers.CharField()
    template = serializers.CharField()
    negative = serializers.CharField(allow_blank=True)
    created_at = Moment()

    class Meta:
        ref_name = "OwnStyle"
