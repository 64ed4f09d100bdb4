"""OpenAPI descriptions of presets and own styles: arguments of `extend_schema`."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from artgen.api.openapi import BODY_PROBLEMS, Docs, answer, invalid, problems
from generation.api import examples, shapes_presets

TAGS = ["presets"]
PRESET = OpenApiExample("Evening light", examples.PRESET_ORDER, request_only=True)
STYLE = OpenApiExample("Risograph", examples.OWN_STYLE_ORDER, request_only=True)


def _taken(kind: str) -> dict[str, Any]:
    return invalid("name", "unique", f"You have a {kind} with this name. Choose another name.")


LIST_PRESETS: Docs = {
    "operation_id": "list_presets",
    "tags": TAGS,
    "summary": "List presets",
    "description": "All of them, in your order. To use one: add a prompt to its `parameters` and "
    "send them to `POST /api/v1/jobs/`, or with its `count` to `POST /api/v1/batches/`.",
    "responses": {
        200: answer(shapes_presets.PresetShape(many=True), "All presets", examples.PRESET),
        **problems("invalid"),
    },
}
MAKE_PRESET: Docs = {
    "operation_id": "create_preset",
    "tags": TAGS,
    "summary": "Create a preset",
    "description": "Up to 100. Errors name the parameter: `parameters.steps`.",
    "request": shapes_presets.PresetRequestShape,
    "examples": [PRESET],
    "responses": {
        201: answer(shapes_presets.PresetShape, "Created", examples.PRESET),
        **problems(
            *BODY_PROBLEMS,
            "too_many_requests",
            "too_many_presets",
            invalid=_taken("preset"),
            too_many_presets={
                "detail": "The limit of presets is reached. Delete one first.",
                "limit": 100,
            },
        ),
    },
}
GET_PRESET: Docs = {
    "operation_id": "get_preset",
    "tags": TAGS,
    "summary": "Get a preset",
    "responses": {
        200: answer(shapes_presets.PresetShape, "The preset", examples.PRESET),
        **problems("not_found"),
    },
}
CHANGE_PRESET: Docs = {
    "operation_id": "change_preset",
    "tags": TAGS,
    "summary": "Change a preset",
    "description": "Some of name, parameters and count. New parameters replace all old ones.",
    "request": shapes_presets.PresetRequestShape,
    "examples": [PRESET],
    "responses": {
        200: answer(shapes_presets.PresetShape, "Changed", examples.PRESET),
        **problems(*BODY_PROBLEMS, "too_many_requests", "not_found", invalid=_taken("preset")),
    },
}
DELETE_PRESET: Docs = {
    "operation_id": "delete_preset",
    "tags": TAGS,
    "summary": "Delete a preset",
    "description": "Its link stops working.",
    "responses": {204: None, **problems("csrf_failed", "not_found")},
}
LIST_OWN_STYLES: Docs = {
    "operation_id": "list_own_styles",
    "tags": TAGS,
    "summary": "List own styles",
    "description": "With their texts, in order.",
    "responses": {
        200: answer(shapes_presets.OwnStyleShape(many=True), "All own styles", examples.OWN_STYLE),
        **problems("invalid"),
    },
}
MAKE_OWN_STYLE: Docs = {
    "operation_id": "create_own_style",
    "tags": TAGS,
    "summary": "Create an own style",
    "description": "Up to 50.",
    "request": shapes_presets.OwnStyleRequestShape,
    "examples": [STYLE],
    "responses": {
        201: answer(shapes_presets.OwnStyleShape, "Created", examples.OWN_STYLE),
        **problems(
            *BODY_PROBLEMS,
            "too_many_requests",
            "too_many_styles",
            invalid=_taken("style"),
            too_many_styles={
                "detail": "The limit of own styles is reached. Delete one first.",
                "limit": 50,
            },
        ),
    },
}
GET_OWN_STYLE: Docs = {
    "operation_id": "get_own_style",
    "tags": TAGS,
    "summary": "Get an own style",
    "responses": {
        200: answer(shapes_presets.OwnStyleShape, "The style", examples.OWN_STYLE),
        **problems("not_found"),
    },
}
CHANGE_OWN_STYLE: Docs = {
    "operation_id": "change_own_style",
    "tags": TAGS,
    "summary": "Change an own style",
    "description": "Some of its fields. Jobs that were created keep the old texts.",
    "request": shapes_presets.OwnStyleRequestShape,
    "examples": [STYLE],
    "responses": {
        200: answer(shapes_presets.OwnStyleShape, "Changed", examples.OWN_STYLE),
        **problems(*BODY_PROBLEMS, "too_many_requests", "not_found", invalid=_taken("style")),
    },
}
DELETE_OWN_STYLE: Docs = {
    "operation_id": "delete_own_style",
    "tags": TAGS,
    "summary": "Delete an own style",
    "responses": {204: None, **problems("csrf_failed", "not_found")},
}
