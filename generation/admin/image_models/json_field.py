"""A form field for JSON objects that people read and edit."""

import json
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

from artgen.bounded_json import BoundedDecoder


class ReadableJSONField(forms.JSONField):
    """A JSON field that shows one entry per line or, with `indent`, the whole tree.

    An empty value is stored as `empty`.
    """

    def __init__(
        self, *, indent: int | None = None, rows: int = 12, empty: object = None, **kwargs: Any
    ) -> None:
        attrs = {"rows": rows, "class": "json", "spellcheck": "false"}
        widget = forms.Textarea(attrs=attrs)
        super().__init__(widget=widget, decoder=BoundedDecoder, required=False, **kwargs)
        self.indent, self.empty = indent, empty

    def clean(self, value: object) -> Any:
        return super().clean(value) or self.empty

    def prepare_value(self, value: object) -> str:
        """Return the text to edit; invalid input stays as it was typed."""
        if isinstance(value, InvalidJSONInput):
            return value
        if value is None:
            return ""
        if self.indent or not isinstance(value, dict) or not value:
            return json.dumps(value, ensure_ascii=False, indent=self.indent)
        lines = (
            f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(inner, ensure_ascii=False)}"
            for key, inner in value.items()
        )
        return "{\n" + ",\n".join(lines) + "\n}"
