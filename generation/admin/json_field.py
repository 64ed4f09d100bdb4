"""A form field for JSON objects that people read and edit."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext

ORDER = (
    *("mode", "field"),
    *(
        "prompt",
        "negative_prompt",
        "size",
        "width",
        "height",
        "sources",
        "steps",
        "guidance",
        "strength",
        "seed",
    ),
    *("loras", "lora_url", "lora_scale", "fixed", "images"),
    *("default", "list", "min", "max", "step", "choices", "sizes", "ratios"),
    *("per_image", "per_megapixel", "minimum"),
)


class RepeatedKey(ValueError):
    """A JSON object with a repeated key, of which JSON parsers drop all values but the last."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKey(key)
        found[key] = value
    return found


class ReadableJSONField(forms.JSONField):
    """A JSON field that shows one entry per line or, with `indent`, the whole tree."""

    def __init__(self, *, indent: int | None = None, rows: int = 12, **kwargs: Any) -> None:
        attrs = {"rows": rows, "class": "json", "spellcheck": "false"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)
        self.indent = indent

    def to_python(self, value: Any) -> Any:
        """Return the value; reject repeated keys and too deep nesting."""
        if isinstance(value, str):
            try:
                json.loads(value, object_pairs_hook=_without_repeated_keys)
            except RepeatedKey as repeated:
                raise ValidationError(
                    gettext("The key “%(key)s” is repeated.") % {"key": repeated.key[:80]}
                ) from repeated
            except RecursionError as error:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from error
            except ValueError:
                pass  # reported by the parent class
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the submitted text, to show it again."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit; invalid input stays as it was typed."""
        if isinstance(value, InvalidJSONInput):
            return value
        if self.indent or not isinstance(value, dict) or not value:
            return (
                json.dumps(value, ensure_ascii=False, indent=self.indent)
                if value is not None
                else ""
            )
        lines = (
            f"  {json.dumps(key, ensure_ascii=False)}: "
            f"{json.dumps(_in_order(inner), ensure_ascii=False)}"
            for key, inner in _in_order(value).items()
        )
        return "{\n" + ",\n".join(lines) + "\n}"


def _in_order(value: Any) -> Any:
    """Return an object with its keys in a readable order: PostgreSQL does not keep the order."""
    if not isinstance(value, dict):
        return value
    return dict(
        sorted(
            value.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)
        )
    )
