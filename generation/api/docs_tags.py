"""OpenAPI descriptions of tags: arguments of `extend_schema`."""

from artgen.api.openapi import Docs, answer, problems
from generation.api import examples
from generation.api.shapes_tags import TagShape

LIST_TAGS: Docs = {
    "operation_id": "list_tags",
    "tags": ["images"],
    "summary": "List tags",
    "description": "By name, on one page. A tag exists while an image has it: "
    "`PATCH /api/v1/images/ID/` changes the tags of an image. Images of a tag: "
    "`GET /api/v1/images/?tag=NAME`; with all of several tags: `?tag=NAME,NAME`.",
    "responses": {
        200: answer(TagShape(many=True), "All tags", examples.TAG),
        **problems("invalid"),
    },
}
