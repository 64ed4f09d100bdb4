"""Presets: list, create, get, change, delete."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import user_of
from artgen.api.shapes import read
from artgen.api.views import Endpoint, body_of, first_or_404, query_of
from generation.api import docs_presets
from generation.api.shapes_presets import PresetRequestShape, PresetShape
from generation.models import Preset
from generation.presets import parameters, presets


class Presets(Endpoint):
    """`/api/v1/presets/`."""

    @extend_schema(**docs_presets.LIST_PRESETS)
    def get(self, request: Request) -> Response:
        """Return all presets in the user's order, on one page."""
        query_of(request)
        return Response(PresetShape(presets.of_user(user_of(request)), many=True).data)

    @extend_schema(**docs_presets.MAKE_PRESET)
    def post(self, request: Request) -> Response:
        """Create a preset, the last one."""
        given = read(PresetRequestShape(data=body_of(request)))
        user = user_of(request)
        values = parameters.values_of(given["parameters"], count=given.get("count", 1), user=user)
        made = presets.create(user=user, name=given["name"], values=values)
        return Response(_one_json(made), status=201)


class PresetDetail(Endpoint):
    """`/api/v1/presets/ID/`."""

    @extend_schema(**docs_presets.GET_PRESET)
    def get(self, request: Request, preset_id: UUID) -> Response:
        """Return one of the user's own presets."""
        return Response(_one_json(_own(request, preset_id)))

    @extend_schema(**docs_presets.CHANGE_PRESET)
    def patch(self, request: Request, preset_id: UUID) -> Response:
        """Change one of the user's own presets."""
        own = _own(request, preset_id)
        given = read(PresetRequestShape(data=body_of(request), partial=True))
        values = None
        if {"parameters", "count"} & given.keys():
            values = parameters.changed(own, user=user_of(request), **_without_name(given))
        return Response(_one_json(presets.change(own, name=given.get("name"), values=values)))

    @extend_schema(**docs_presets.DELETE_PRESET)
    def delete(self, request: Request, preset_id: UUID) -> Response:
        """Delete one of the user's own presets; its link stops working."""
        presets.delete(_own(request, preset_id))
        return Response(status=204)


def _own(request: Request, preset_id: UUID) -> Preset:
    found: Preset = first_or_404(Preset.objects.of(request.user).present().filter(id=preset_id))
    return found


def _without_name(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "name"}


def _one_json(preset: Preset) -> Any:
    return PresetShape(preset).data
