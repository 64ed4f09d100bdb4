"""Parts of the OpenAPI document that all endpoints share: pages, cursors, problems."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from artgen.api.pagination import LIMIT_DEFAULT, MAX_LIMIT
from artgen.api.problems import CONTENT_TYPE, KINDS, PREFIX
from artgen.api.views import QUERY_MAX_LENGTH

CODES = [(code, code) for code in KINDS]
EXAMPLE_HOST = "https://artgen.example.org"

CURSOR_PARAMETERS = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT_DEFAULT},
        description="Results per page.",
    ),
    OpenApiParameter(
        "cursor",
        {"type": "string", "pattern": "^[A-Za-z0-9_=:-]+$", "maxLength": QUERY_MAX_LENGTH},
        description="Cursor from `next` or `previous`.",
    ),
]

Docs = dict[str, Any]
"""The description of an operation: arguments of `extend_schema`."""
Responses = dict[Any, Any]


class FieldProblemShape(serializers.Serializer[Any]):
    """One invalid field."""

    field = serializers.CharField(
        help_text="A field of the body (`width`, `jobs[2].width`), a parameter or a header."
    )
    code = serializers.CharField(
        help_text="Stable, for use in code: `required`, `max_value`, `not_supported` …"
    )
    detail = serializers.CharField(
        help_text="Human-readable, in the language of Accept-Language; names the limit."
    )

    class Meta:
        ref_name = "FieldProblem"


class ProblemShape(serializers.Serializer[Any]):
    """A refusal in the format of RFC 9457."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=CODES, help_text="Stable, for use in code.")
    detail = serializers.CharField()
    errors = FieldProblemShape(many=True)  # type: ignore[assignment]
    needed = serializers.IntegerField(
        required=False, help_text="`too_few_credits`, `token_limit_reached`: the total price."
    )
    available = serializers.IntegerField(
        required=False,
        help_text="`too_few_credits`: the available balance; `token_limit_reached`: what is left.",
    )
    scope = serializers.CharField(
        required=False, help_text="`missing_scope`: the scope that the call needs."
    )
    limit = serializers.IntegerField(
        required=False,
        help_text="`too_large`, `too_many_waiting`, `daily_limit`, `monthly_limit`, "
        "`batch_not_allowed`, `storage_full`, `too_many_collections`, `too_many_word_lists`, "
        "`too_many_presets`, `too_many_styles`: the limit; `size_not_allowed`: the limit in "
        "pixels.",
    )
    model = serializers.CharField(
        required=False, help_text="`model_not_allowed`: the slug of the model."
    )
    review = serializers.UUIDField(
        required=False,
        help_text="`prompt_not_allowed`, `held_for_review`: the stored request, "
        "`GET /api/v1/reviews/ID/`.",
    )
    can_appeal = serializers.BooleanField(
        required=False,
        help_text="`prompt_not_allowed`, `held_for_review`: whether "
        "`POST /api/v1/reviews/ID/appeal/` requests a review.",
    )
    categories = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="`prompt_not_allowed`, `held_for_review`: what the rules are about.",
    )
    words = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="`prompt_not_allowed`, `held_for_review`: what the rules found.",
    )
    reason = serializers.CharField(
        required=False, help_text="`account_banned`: why, in the words of staff."
    )
    until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="`account_banned`: the end of the ban; null: without an end.",
    )

    class Meta:
        ref_name = "Problem"


BODY_PROBLEMS = ("csrf_failed", "invalid", "malformed", "too_large", "unsupported_media_type")
"""Codes that every request with a body may get."""


def answer(shape: Any, description: str, *examples: Any) -> OpenApiResponse:
    """Return a response with its examples, if any."""
    shown = [OpenApiExample(description, value) for value in examples]
    return OpenApiResponse(shape, description=description, examples=shown)


def problems(*codes: str, **examples: dict[str, Any]) -> Responses:
    """Return the responses of these codes and of those that every endpoint has.

    `examples` maps a code to the members of its example.
    """
    by_status: dict[int, list[str]] = {}
    for code in (
        *codes,
        "not_authenticated",
        "account_banned",
        "second_factor_required",
        "missing_scope",
        "not_acceptable",
        "server_error",
    ):
        by_status.setdefault(KINDS[code][0], []).append(code)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            ProblemShape,
            description=" · ".join(f"`{code}`" for code in found),
            examples=[
                OpenApiExample(code, problem_example(code, **examples.get(code, {})))
                for code in found
            ],
        )
        for status, found in sorted(by_status.items())
    }


def invalid(field: str, code: str, detail: str) -> dict[str, Any]:
    """Return the members of the example of `invalid` with one wrong field."""
    return {"detail": detail, "errors": [{"field": field, "code": code, "detail": detail}]}


def problem_example(code: str, **members: Any) -> dict[str, Any]:
    """Return a problem document as an example."""
    status, title = KINDS[code]
    return {
        "type": f"{EXAMPLE_HOST}{PREFIX}problems/{code}/",
        "title": _source(title),
        "status": status,
        "code": code,
        "detail": _source(title),
        "errors": [],
        **members,
    }


def close_requests(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Forbid other fields in requests, and require a body if fields are required.

    A postprocessing hook of drf-spectacular, which leaves bodies of alternative shapes optional.
    """
    schemas = result["components"]["schemas"]
    for name, shape in schemas.items():
        if name.endswith("Request") and shape.get("type") == "object":
            shape["additionalProperties"] = False
    for methods in result["paths"].values():
        for operation in methods.values():
            body = operation.get("requestBody", {})
            shapes = [content["schema"] for content in body.get("content", {}).values()]
            if shapes and all(_has_required_fields(shape, schemas) for shape in shapes):
                body["required"] = True
    return result


def _has_required_fields(shape: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if reference := shape.get("$ref"):
        return _has_required_fields(schemas[reference.rpartition("/")[2]], schemas)
    if alternatives := shape.get("oneOf"):
        return all(_has_required_fields(one, schemas) for one in alternatives)
    return bool(shape.get("required"))


def page_shape(name: str, shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Return the shape of a page of such results."""
    page: serializers.Serializer[Any] = inline_serializer(
        name=f"{name}Page",
        fields={
            "results": shape(many=True),
            "next": serializers.URLField(allow_null=True, help_text="The page with older results."),
            "previous": serializers.URLField(
                allow_null=True, help_text="The page with newer results."
            ),
        },
    )
    return page


def page_of(
    name: str, shape: type[serializers.Serializer[Any]], *, example: Any, path: str
) -> Responses:
    """Return the responses of a list in pages, with an example of one result."""
    page = answer(page_shape(name, shape), "A page", page_example([example], path))
    return {200: page, **problems("invalid")}


def page_example(results: Sequence[Any], path: str) -> dict[str, Any]:
    """Return a page as an example."""
    return {
        "results": list(results),
        "next": f"{EXAMPLE_HOST}{path}?cursor=WyJvIiwiMDE5YSJd",
        "previous": None,
    }


def _source(text: Any) -> str:
    """Return the English text of a lazy translation."""
    args: tuple[Any, ...] = getattr(text, "_args", (text,))
    return str(args[0])
