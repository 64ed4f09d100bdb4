"""OpenAPI descriptions of collections: arguments of `extend_schema`."""

from drf_spectacular.utils import OpenApiExample

from artgen.api.openapi import BODY_PROBLEMS, Docs, answer, invalid, problems
from generation.api import examples, shapes_collections

TAGS = ["collections"]

NAME_TAKEN = invalid("name", "unique", "A collection named “Mountains” already exists.")
THESE = OpenApiExample("Two images", {"images": examples.TWO_IDS}, request_only=True)
LIST_COLLECTIONS: Docs = {
    "operation_id": "list_collections",
    "tags": TAGS,
    "summary": "List collections",
    "description": "By name, on one page. Images of a collection: "
    "`GET /api/v1/images/?collection=ID`.",
    "responses": {
        200: answer(
            shapes_collections.CollectionShape(many=True), "All collections", examples.COLLECTION
        ),
        **problems("invalid"),
    },
}
MAKE_COLLECTION: Docs = {
    "operation_id": "make_collection",
    "tags": TAGS,
    "summary": "Create a collection",
    "description": "Names are unique, case-insensitive.",
    "request": shapes_collections.CollectionNameShape,
    "examples": [OpenApiExample("A name", {"name": "Mountains"}, request_only=True)],
    "responses": {
        201: answer(
            shapes_collections.CollectionShape,
            "Created",
            examples.COLLECTION | {"count": 0, "cover_url": None},
        ),
        **problems(
            *BODY_PROBLEMS,
            "too_many_requests",
            "too_many_collections",
            invalid=NAME_TAKEN,
            too_many_collections={
                "detail": "The limit of 200 collections is reached.",
                "limit": 200,
            },
        ),
    },
}
GET_COLLECTION: Docs = {
    "operation_id": "get_collection",
    "tags": TAGS,
    "summary": "Get a collection",
    "responses": {
        200: answer(shapes_collections.CollectionShape, "The collection", examples.COLLECTION),
        **problems("not_found"),
    },
}
RENAME_COLLECTION: Docs = {
    "operation_id": "rename_collection",
    "tags": TAGS,
    "summary": "Rename a collection",
    "request": shapes_collections.CollectionNameShape(partial=True),
    "examples": [OpenApiExample("Another name", {"name": "Hills"}, request_only=True)],
    "responses": {
        200: answer(
            shapes_collections.CollectionShape, "Renamed", examples.COLLECTION | {"name": "Hills"}
        ),
        **problems(*BODY_PROBLEMS, "too_many_requests", "not_found", invalid=NAME_TAKEN),
    },
}
DELETE_COLLECTION: Docs = {
    "operation_id": "delete_collection",
    "tags": TAGS,
    "summary": "Delete a collection",
    "description": "Its images stay in the gallery.",
    "responses": {204: answer(None, "Deleted"), **problems("csrf_failed", "not_found")},
}
ADD_TO_COLLECTION: Docs = {
    "operation_id": "add_to_collection",
    "tags": TAGS,
    "summary": "Add images to a collection",
    "description": "All or none. Idempotent.",
    "request": shapes_collections.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes_collections.CollectionShape, "Added", examples.COLLECTION),
        **problems(*BODY_PROBLEMS, "not_found"),
    },
}
REMOVE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_from_collection",
    "tags": TAGS,
    "summary": "Remove images from a collection",
    "description": "They stay in the gallery; those not in the collection are ignored. Idempotent.",
    "request": shapes_collections.CollectionImagesShape,
    "examples": [THESE],
    "responses": {
        200: answer(shapes_collections.CollectionShape, "Removed", examples.COLLECTION),
        **problems(*BODY_PROBLEMS, "not_found"),
    },
}
REMOVE_ONE_FROM_COLLECTION: Docs = {
    "operation_id": "remove_one_from_collection",
    "tags": TAGS,
    "summary": "Remove an image from a collection",
    "description": "It stays in the gallery.",
    "responses": {204: answer(None, "Removed"), **problems("csrf_failed", "not_found")},
}
