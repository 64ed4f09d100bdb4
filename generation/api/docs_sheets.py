"""OpenAPI descriptions of comparison sheets and word lists: arguments of `extend_schema`."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from artgen.api.openapi import (
    BODY_PROBLEMS,
    CURSOR_PARAMETERS,
    Docs,
    answer,
    invalid,
    page_of,
    problems,
)
from generation.api import examples, shapes_sheets
from generation.api.docs_jobs import KEY, KEYED_CODES, KEYED_EXAMPLES
from generation.models import SheetImageKind
from generation.sheets.request import SheetRequestShape

TAGS = ["sheets"]
ASKED = OpenApiExample("Two models, two colors", examples.SHEET_ORDER, request_only=True)
LIST = OpenApiExample("Colors", examples.WORD_LIST_ORDER, request_only=True)
WHOLE = examples.SHEET | {"jobs": [examples.SUCCEEDED]}
NAME_TAKEN = invalid("name", "unique", "A word list named “colors” already exists.")
INVALID_SHEET = invalid(
    "rows.values", "max_value", "FLUX.1 schnell · red · Steps 999: Must be 1–12."
)

LIST_SHEETS: Docs = {
    "operation_id": "list_sheets",
    "tags": TAGS,
    "summary": "List comparisons",
    "description": "Newest first, without their jobs.",
    "parameters": CURSOR_PARAMETERS,
    "responses": page_of(
        "Sheet", shapes_sheets.SheetShape, example=examples.SHEET, path="/api/v1/sheets/"
    ),
}
PLACE_SHEET: Docs = {
    "operation_id": "place_sheet",
    "tags": TAGS,
    "summary": "Create a comparison",
    "description": "One prompt on up to 8 models, with alternatives, and with up to two parameters "
    "that vary: 2 to 64 jobs, all of them or none. They share one seed unless it varies. Errors "
    "name the cell.",
    "parameters": [KEY],
    "request": SheetRequestShape,
    "examples": [ASKED],
    "responses": {
        201: answer(shapes_sheets.SheetWithJobsShape, "Created", WHOLE),
        200: answer(
            shapes_sheets.SheetWithJobsShape, "Created before with this Idempotency-Key", WHOLE
        ),
        **problems(*KEYED_CODES, **KEYED_EXAMPLES | {"invalid": INVALID_SHEET}),
    },
}
QUOTE_SHEET: Docs = {
    "operation_id": "quote_sheet",
    "tags": TAGS,
    "summary": "Get a quote of a comparison",
    "description": "Its rows and columns, price and wait time; no job is created.",
    "request": SheetRequestShape,
    "examples": [ASKED],
    "responses": {
        200: answer(
            shapes_sheets.SheetQuoteShape,
            "The quote",
            {
                "rows": examples.SHEET["rows"],
                "columns": examples.SHEET["columns"],
                "count": 4,
                "credits": 8,
                "eta_seconds": {"p50": 40, "p90": 64, "basis": "size"},
                "parked_until": None,
                "obstacle": "",
            },
        ),
        **problems(*BODY_PROBLEMS, invalid=INVALID_SHEET),
    },
}
GET_SHEET: Docs = {
    "operation_id": "get_sheet",
    "tags": TAGS,
    "summary": "Get a comparison",
    "responses": {
        200: answer(shapes_sheets.SheetWithJobsShape, "The comparison", WHOLE),
        **problems("not_found"),
    },
}
DELETE_SHEET: Docs = {
    "operation_id": "delete_sheet",
    "tags": TAGS,
    "summary": "Delete a comparison",
    "description": "Its jobs and images stay.",
    "responses": {204: None, **problems("csrf_failed", "not_found")},
}
CANCEL_SHEET: Docs = {
    "operation_id": "cancel_sheet",
    "tags": TAGS,
    "summary": "Cancel the rest of a comparison",
    "description": "The jobs that can still be canceled; their credits are returned.",
    "request": None,
    "responses": {
        200: answer(
            shapes_sheets.SheetCancelShape,
            "Canceled",
            {"canceled": 3, "credits": 6, "obstacle": ""},
        ),
        **problems("csrf_failed", "not_found"),
    },
}
VOTE_SHEET: Docs = {
    "operation_id": "vote_sheet",
    "tags": TAGS,
    "summary": "Vote for the best image",
    "description": "One vote for each comparison; the next one replaces it.",
    "request": shapes_sheets.VoteShape,
    "examples": [OpenApiExample("A job", {"job": examples.JOB_ID}, request_only=True)],
    "responses": {
        200: answer(shapes_sheets.VoteShape, "The vote", {"job": examples.JOB_ID}),
        **problems(*BODY_PROBLEMS, "not_found", "no_image_to_vote"),
    },
}
REMOVE_VOTE: Docs = {
    "operation_id": "remove_vote",
    "tags": TAGS,
    "summary": "Remove the vote",
    "responses": {204: None, **problems("csrf_failed", "not_found")},
}
DRAW_SHEET: Docs = {
    "operation_id": "draw_sheet",
    "tags": TAGS,
    "summary": "Draw a comparison as one image",
    "description": "With its labels, the images in small. A worker draws it within seconds: follow "
    "it with `GET`. It is drawn again only if its cells have changed since.",
    "request": shapes_sheets.SheetImageRequestShape,
    "examples": [OpenApiExample("As PNG", {"format": "png"}, request_only=True)],
    "responses": {
        202: answer(shapes_sheets.SheetImageShape, "Being prepared", examples.SHEET_IMAGE_WAITING),
        200: answer(shapes_sheets.SheetImageShape, "Ready already", examples.SHEET_IMAGE),
        **problems(*BODY_PROBLEMS, "not_found", "too_many_requests"),
    },
}
GET_SHEET_IMAGE: Docs = {
    "operation_id": "get_sheet_image",
    "tags": TAGS,
    "summary": "Get the image of a comparison",
    "description": "Not found if nobody has asked for it, if it has expired, or if its cells have "
    "changed since: ask for it with `POST`.",
    "parameters": [
        OpenApiParameter(
            "format",
            {"type": "string", "enum": SheetImageKind.values, "default": SheetImageKind.JPEG},
        ),
    ],
    "responses": {
        200: answer(
            shapes_sheets.SheetImageShape,
            "Its state",
            examples.SHEET_IMAGE,
            examples.SHEET_IMAGE_WAITING,
        ),
        **problems("invalid", "not_found"),
    },
}
LIST_WORD_LISTS: Docs = {
    "operation_id": "list_word_lists",
    "tags": TAGS,
    "summary": "List word lists",
    "description": "By name, on one page.",
    "responses": {
        200: answer(shapes_sheets.WordListShape(many=True), "All word lists", examples.WORD_LIST),
        **problems("invalid"),
    },
}
MAKE_WORD_LIST: Docs = {
    "operation_id": "make_word_list",
    "tags": TAGS,
    "summary": "Create a word list",
    "request": shapes_sheets.WordListRequestShape,
    "examples": [LIST],
    "responses": {
        201: answer(shapes_sheets.WordListShape, "Created", examples.WORD_LIST),
        **problems(
            *BODY_PROBLEMS,
            "too_many_requests",
            "too_many_word_lists",
            invalid=NAME_TAKEN,
            too_many_word_lists={
                "detail": "The limit of 50 word lists is reached. Delete one first.",
                "limit": 50,
            },
        ),
    },
}
GET_WORD_LIST: Docs = {
    "operation_id": "get_word_list",
    "tags": TAGS,
    "summary": "Get a word list",
    "responses": {
        200: answer(shapes_sheets.WordListShape, "The word list", examples.WORD_LIST),
        **problems("not_found"),
    },
}
CHANGE_WORD_LIST: Docs = {
    "operation_id": "change_word_list",
    "tags": TAGS,
    "summary": "Change a word list",
    "description": "Name or entries, or both.",
    "request": shapes_sheets.WordListRequestShape,
    "examples": [LIST],
    "responses": {
        200: answer(shapes_sheets.WordListShape, "Changed", examples.WORD_LIST),
        **problems(*BODY_PROBLEMS, "too_many_requests", "not_found", invalid=NAME_TAKEN),
    },
}
DELETE_WORD_LIST: Docs = {
    "operation_id": "delete_word_list",
    "tags": TAGS,
    "summary": "Delete a word list",
    "responses": {204: None, **problems("csrf_failed", "not_found")},
}
