"""OpenAPI descriptions of models and styles: arguments of `extend_schema`."""

from artgen.api.openapi import Docs, answer, problems
from generation.api import examples, shapes_models

TAGS = ["models"]

LIST_MODELS: Docs = {
    "operation_id": "list_models",
    "tags": TAGS,
    "summary": "List models",
    "description": "On one page, disabled ones included.",
    "responses": {
        200: answer(shapes_models.ModelShape(many=True), "All models", examples.MODEL),
        **problems("invalid"),
    },
}
LIST_STYLES: Docs = {
    "operation_id": "list_styles",
    "tags": TAGS,
    "summary": "List styles",
    "responses": {
        200: answer(
            shapes_models.StyleShape(many=True),
            "All styles",
            {"slug": "watercolor", "name": "Watercolor", "is_own": False},
        ),
        **problems("invalid"),
    },
}
