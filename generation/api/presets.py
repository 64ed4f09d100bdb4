"""Presets: list, create, get, change, delete."""

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, cast
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Body, Query, Text
from artgen.api.json_types import Slug
from artgen.api.operations import operation
from artgen.api.views import ApiView, first_or_404
from generation.catalog.offers import BATCH_MAX
from generation.jobs.placing.job_request import JobOrderBody
from generation.models import Preset
from generation.models.presets import PRESET_NAME_MAX
from generation.owned_rows import named_rows
from generation.studio.presets import preset_parameters, presets

EXAMPLE = {
    "name": "Evening light",
    "parameters": {"model": "flux-dev", "width": 1344, "height": 768, "steps": 30, "style": "oil"},
    "count": 2,
}

PresetParametersJson = TypedDict(  # type: ignore[misc]
    "PresetParametersJson",
    {"model": Annotated[Slug, "The slug of an enabled model."]}
    | {
        parameter.name: NotRequired[Annotated[parameter.json_type, parameter.request_help]]
        for parameter in preset_parameters.KEPT
    },
)
PresetParametersJson.__doc__ = "A request of a job without prompt and source images."


class PresetJson(TypedDict):
    """Settings under a name; `parameters` with a prompt are a request of a job."""

    id: UUID
    name: str
    parameters: PresetParametersJson
    count: Annotated[int, "The number of images."]
    created_at: datetime


class PresetParametersBody(JobOrderBody):
    """A request of a job without prompt and source images."""

    def get_fields(self) -> dict[str, Any]:
        """Return those that a preset can have."""
        fields = super().get_fields()
        return {name: fields[name] for name in ("model", *preset_parameters.NAMES)}


class PresetOrderBody(Body):
    """A preset to create or to change."""

    name = Text(max_length=PRESET_NAME_MAX, help_text="Unique, ignoring case.")
    parameters = PresetParametersBody(
        help_text="Replaces all of them. Width and height are those of the model if not given."
    )
    count = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BATCH_MAX,
        help_text="1 to 10 images; 1 if not given.",
    )


class Presets(ApiView):
    """`/api/v1/presets/`."""

    @operation("GET presets/", query=Query)
    def list_presets(self, request: Request) -> list[PresetJson]:
        """List presets.

        All of them, in your order. To use one: add a prompt to its `parameters` and send them to
        `POST /api/v1/jobs/`, or with its `count` to `POST /api/v1/batches/`.
        """
        return [_preset_json(preset) for preset in presets.of_user(user_of(request))]

    @operation(
        "POST presets/",
        body=PresetOrderBody,
        status=201,
        problems=["too_many_requests", "too_many_presets"],
        bodies={"Evening light": EXAMPLE},
    )
    def create_preset(self, request: Request) -> PresetJson:
        """Create a preset.

        Up to 100. Errors name the parameter: `parameters.steps`.
        """
        body, user = self.read_body(), user_of(request)
        values = preset_parameters.values_of(
            body["parameters"], count=body.get("count", 1), user=user
        )
        return _preset_json(presets.create(user=user, name=body["name"], values=values))

    @operation("GET presets/<uuid:preset_id>/")
    def get_preset(self, request: Request, preset_id: UUID) -> PresetJson:
        """Get a preset."""
        return _preset_json(_own(request, preset_id))

    @operation(
        "PATCH presets/<uuid:preset_id>/", body=PresetOrderBody, problems=["too_many_requests"]
    )
    def change_preset(self, request: Request, preset_id: UUID) -> PresetJson:
        """Change a preset.

        Some of name, parameters and count. New parameters replace all old ones.
        """
        preset, body = _own(request, preset_id), self.read_body()
        name, values = body.pop("name", None), None
        if body:
            values = preset_parameters.changed(preset, user=user_of(request), **body)
        return _preset_json(presets.change(preset, name=name, values=values))

    @operation("DELETE presets/<uuid:preset_id>/")
    def delete_preset(self, request: Request, preset_id: UUID) -> None:
        """Delete a preset.

        Its link stops working.
        """
        named_rows.delete(_own(request, preset_id))


def _own(request: Request, preset_id: UUID) -> Preset:
    own: Preset = first_or_404(Preset.objects.of(request.user).present().filter(id=preset_id))
    return own


def _preset_json(preset: Preset) -> PresetJson:
    return {
        "id": preset.id,
        "name": preset.name,
        "parameters": cast(PresetParametersJson, preset_parameters.parameters_of(preset.values)),
        "count": preset_parameters.count_of(preset.values),
        "created_at": preset.created_at,
    }
