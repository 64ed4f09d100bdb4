"""Serializers of bodies and query parameters: they validate strictly.

The OpenAPI document is generated from the same classes.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty
from rest_framework.request import Request

from artgen.api.problems import Problem
from artgen.refusals import FieldError

QUERY_MAX_LENGTH = 500
CODES = {"null": "invalid", "not_a_list": "invalid"}
"""Codes of Django REST framework that the API publishes under another name."""


class Body(serializers.Serializer[Any]):
    """A JSON object; requests must not have other fields."""

    def run_validation(self, data: object = empty) -> Any:
        """Refuse what is not an object."""
        if data is not empty and data is not None and not isinstance(data, Mapping):
            raise serializers.ValidationError(
                [ErrorDetail(str(_("Must be a JSON object.")), "invalid")]
            )
        return super().run_validation(data)

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Validate a request's fields; unknown ones are errors as well."""
        unknown = ErrorDetail(str(_("Unknown or read-only field.")), "unknown_field")
        errors: dict[Any, Any] = {name: [unknown] for name in data if name not in self.fields}
        value: dict[str, Any] = {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors |= cast(dict[str, Any], error.detail)
        if errors:
            raise serializers.ValidationError(errors)
        return value


class Number(serializers.IntegerField):
    """A whole number; other types are not converted.

    A number with a fraction of zero is an integer in JSON Schema, too.
    """

    default_error_messages = {"invalid": _("Must be a whole number.")}

    def to_internal_value(self, data: object) -> int:
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(data)


class Text(serializers.CharField):
    """A string; other types are not converted."""

    default_error_messages = {
        "required": _("Required."),
        "null": _("Must be a string."),
        "invalid": _("Must be a string."),
    }

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data

    def run_validators(self, value: object) -> None:
        """Leave the length, which the document states, to the rule that stores the string."""


class Flag(serializers.BooleanField):
    """True or false; other types are not converted."""

    default_error_messages = {
        "null": _("Must be true or false."),
        "invalid": _("Must be true or false."),
    }

    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Id(serializers.UUIDField):
    """A UUID as a string."""

    default_error_messages = {"null": _("Must be an ID."), "invalid": _("Must be an ID.")}

    def to_internal_value(self, data: object) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of a closed list."""

    def validate_empty_values(self, data: object) -> tuple[bool, Any]:
        """Refuse whatever is not one of the choices, null included."""
        if data is not empty and (not isinstance(data, str) or data not in self.choices):
            raise wrong_choice(self.choices)
        return super().validate_empty_values(data)


class Query(Body):
    """Query parameters; others are errors, and so are repeated, long and unprintable ones."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields that the request has or that have a value without it.

        Django REST framework copies each: all of them were a fourth of a list's Python.
        """
        if not hasattr(self, "initial_data"):  # for the document
            return super().get_fields()
        return {
            name: deepcopy(field)
            for name, field in self._declared_fields.items()
            if name in self.initial_data or field.required or field.default is not empty
        }


class QueryText(Text):
    """A string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True} | options)
        self.trim_whitespace = False


class QueryFlag(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: object) -> bool:
        if data not in ("true", "false"):
            raise wrong_choice(("true", "false"))
        return bool(data == "true")


class QueryNumber(serializers.IntegerField):
    """A whole number between its limits, in digits."""

    def to_internal_value(self, data: Any) -> int:
        most = cast(int, self.max_value)
        if not data.isascii() or not data.isdigit() or not 1 <= int(data[:9]) <= most:
            detail = str(_("Must be 1–%(max)d.")) % {"max": most}
            raise serializers.ValidationError(detail, code="invalid")
        return int(data)


def wrong_choice(choices: Iterable[Any]) -> serializers.ValidationError:
    names = ", ".join("null" if value is None else str(value) for value in choices)
    detail = str(_("One of: %(choices)s.")) % {"choices": names}
    return serializers.ValidationError(detail, code="choices")


def read(body: Body) -> dict[str, Any]:
    """Return the validated fields of a request's body; raise Problem with every invalid field."""
    if not body.is_valid():
        raise Problem("invalid", errors=list(_errors(body.errors)))
    return dict(body.validated_data)


def read_query(shape: type[Query], request: Request) -> dict[str, Any]:
    """Return the validated query parameters; raise Problem with every invalid one."""
    query = shape(data=request.query_params.dict())
    errors: list[FieldError] = []
    for name, values in request.query_params.lists():
        shown = name[:100]
        if name not in shape._declared_fields:
            errors.append(FieldError(shown, "unknown_field", str(_("Unknown parameter."))))
        elif len(values) > 1:
            detail = str(_("The parameter is given more than once."))
            errors.append(FieldError(shown, "duplicate", detail))
        elif len(values[0]) > QUERY_MAX_LENGTH:
            detail = str(_("At most %(max)d characters.")) % {"max": QUERY_MAX_LENGTH}
            errors.append(FieldError(shown, "max_length", detail))
        elif not values[0].isprintable():
            detail = str(_("Control characters are not allowed."))
            errors.append(FieldError(shown, "control_characters", detail))
    if errors:
        raise Problem("invalid", errors=errors)
    return read(query)


def _errors(errors: Mapping[Any, Any], path: str = "") -> Iterator[FieldError]:
    for name, details in errors.items():
        where = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}".lstrip(".")
        if isinstance(details, Mapping):
            yield from _errors(details, where)
            continue
        for detail in details[:1]:
            code = str(detail.code)
            yield FieldError(where[:100], CODES.get(code, code), str(detail))
