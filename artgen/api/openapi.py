"""The OpenAPI document: operations from `@operation`, components from TypedDicts and serializers.

A TypedDict is a component, named without its "Json". In an `Annotated`, a string describes the
field, `Keywords` are added, and choices make an enumeration.
"""

import inspect
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, cast, get_args, get_origin, get_type_hints
from typing import is_typeddict as is_typed_dict

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    append_meta,
    build_array_type,
    build_basic_type,
    build_choice_field,
    build_object_type,
)
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from artgen.api.json_types import Keywords
from artgen.api.operations import Answer, Operation
from artgen.api.problems import CONTENT_TYPE, KINDS, Problem, ProblemJson, document
from artgen.refusals import FieldError

COMMON_PROBLEMS = ("not_acceptable", "server_error")
USER_PROBLEMS = ("not_authenticated", "account_banned", "second_factor_required", "missing_scope")


class OperationSchema(AutoSchema):
    """Describes a method by its `@operation`, its annotations and its docstring."""

    view: Any

    @property
    def _method(self) -> Any:
        return getattr(self.view, self.view.action)

    @property
    def _operation(self) -> Operation:
        return cast(Operation, self._method.operation)

    def get_operation_id(self) -> str:
        return str(self.view.action)

    def get_tags(self) -> list[str]:
        """Return the tag of the view, by default the first part of its address."""
        return [getattr(self.view, "tag", "") or super().get_tags()[0]]

    def get_summary(self) -> Any:
        return _paragraphs(self._method)[0].rstrip(".")

    def get_description(self) -> Any:  # type: ignore[override]
        return "\n\n".join(_paragraphs(self._method)[1:])

    def get_serializer_name(self, serializer: object, direction: object) -> str:
        """Return the name of the class without "Body"."""
        return type(serializer).__name__.removesuffix("Body")

    def get_request_serializer(self) -> Any:
        return self._operation.body

    def get_override_parameters(self) -> list[Any]:
        """Return the serializer of the query parameters, and headers."""
        query = self._operation.query
        return [*([query] if query and query().fields else []), *self._operation.headers]

    def get_examples(self) -> list[OpenApiExample]:
        return [
            OpenApiExample(name, value, request_only=True)
            for name, value in self._operation.bodies.items()
        ]

    def get_response_serializers(self) -> Any:
        """Return the answers by status, the refusals included."""
        operation = self._operation
        result = get_type_hints(self._method, include_extras=True)["return"]
        if get_origin(result) is Answer:
            (result,) = get_args(result)
        schema = None if result is NoneType else schema_of(result, self)
        answers = {operation.status: HTTPStatus(operation.status).phrase, **operation.also}
        return {
            (status, operation.content_type): OpenApiResponse(schema, description=description)
            for status, description in answers.items()
        } | self._refusals()

    def _refusals(self) -> dict[Any, OpenApiResponse]:
        by_status: dict[int, list[str]] = {}
        users = USER_PROBLEMS if self.view.authentication_classes else ()
        codes = self._operation.codes
        for code in (*codes, *users, *COMMON_PROBLEMS):
            by_status.setdefault(KINDS[code][0], []).append(code)
        return {
            (status, CONTENT_TYPE): OpenApiResponse(
                schema_of(ProblemJson, self),
                description=" · ".join(f"`{code}`" for code in codes),
                examples=[OpenApiExample(code, _problem_example(code)) for code in codes],
            )
            for status, codes in sorted(by_status.items())
        }


class TypedDictComponent(OpenApiSerializerExtension):
    @classmethod
    def _matches(cls, target: object) -> bool:
        return is_typed_dict(get_origin(target) or target)

    def get_name(self, auto_schema: AutoSchema, direction: object) -> str:
        """Return the name of the class without "Json"; `Page[JobJson]` is "JobPage"."""
        arguments = "".join(map(_component_name, get_args(self.target)))
        return arguments + _component_name(get_origin(self.target) or self.target)

    def map_serializer(self, auto_schema: AutoSchema, direction: object) -> dict[str, Any]:
        shape: Any = get_origin(self.target) or self.target
        arguments = dict(
            zip(getattr(shape, "__parameters__", ()), get_args(self.target), strict=True)
        )
        return build_object_type(
            properties={
                name: schema_of(hint, auto_schema, arguments)
                for name, hint in get_type_hints(shape, include_extras=True).items()
            },
            required=shape.__required_keys__,
            description=None if arguments else "\n\n".join(_paragraphs(shape)),
        )


def schema_of(hint: Any, auto_schema: AutoSchema, arguments: Any = None) -> dict[str, Any]:
    """Return the schema of a type; `arguments` are the types of type variables."""
    if get_origin(hint) is NotRequired:
        (hint,) = get_args(hint)
    notes: Sequence[Any] = ()
    if get_origin(hint) is Annotated:
        hint, notes = hint.__origin__, hint.__metadata__
    hint = (arguments or {}).get(hint, hint)
    is_union = get_origin(hint) in (Union, UnionType)
    alternatives = get_args(hint) if is_union else (hint,)
    types = [alternative for alternative in alternatives if alternative is not NoneType]
    schema = _schema_of_one(types[0], auto_schema, arguments)
    meta: dict[str, Any] = {"nullable": True} if is_union else {}
    for note in notes:
        if isinstance(note, str):
            meta |= {"description": note} if note else {}
        elif isinstance(note, Keywords):
            schema |= {name: value for name, value in asdict(note).items() if value is not None}
        else:
            schema = build_choice_field(serializers.ChoiceField(getattr(note, "choices", note)))
    if "description" in meta and "description" in schema:
        meta["description"] += f"\n\n{schema['description']}"
    return append_meta(schema, meta)


def _schema_of_one(hint: Any, auto_schema: AutoSchema, arguments: Any) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        return schema_of(hint, auto_schema, arguments)
    if origin is list:
        return build_array_type(schema_of(get_args(hint)[0], auto_schema, arguments))
    if origin is dict:
        values = schema_of(get_args(hint)[1], auto_schema, arguments)
        return {"type": "object", "additionalProperties": values}
    if is_typed_dict(origin or hint):
        return auto_schema.resolve_serializer(hint, "response").ref
    return {} if hint is Any else dict(build_basic_type(hint) or {})


def _component_name(shape: Any) -> str:
    return str(shape.__name__).removesuffix("Json")


def _paragraphs(documented: object) -> list[str]:
    """Return the paragraphs of a docstring, each in one line."""
    paragraphs = (inspect.getdoc(documented) or "").split("\n\n")
    return [paragraph.replace("\n", " ") for paragraph in paragraphs]


def _problem_example(code: str) -> ProblemJson:
    field = FieldError("width", "max_value", "Must be 256–1536 for FLUX.1 dev.")
    return document(Problem(code, errors=[field] if code == "invalid" else []))


def close_requests(result: dict[str, Any], **_context: object) -> dict[str, Any]:
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
        return all(_has_required_fields(alternative, schemas) for alternative in alternatives)
    return bool(shape.get("required"))
