"""The request of a comparison: as the API and the page send it, and as plans read it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import empty

from artgen.api.inputs import Body
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.catalog.parameters import PROMPT_MAX_LENGTH, SEED_MAX

MAX_MODELS = 8
MAX_VALUES = 16
AXES = ("model", "steps", "guidance", "seed", "style", "strength")
RATIO = re.compile(r"[1-9]\d?:[1-9]\d?")
FIELDS = (
    *("prompt", "negative_prompt", "models", "aspect_ratio", "style", "seed"),
    *("source_images", "rows", "columns"),
)


@dataclass(frozen=True)
class Axis:
    """A parameter, one of AXES, and the values it has in turn; a style may be None."""

    parameter: str
    values: tuple[Any, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the axis as it was sent."""
        return {"parameter": self.parameter, "values": list(self.values)}


@dataclass(frozen=True)
class Asked:
    """A comparison as it is asked for; its cells are validated by `plans.make`."""

    prompt: str
    models: tuple[str, ...]
    negative_prompt: str = ""
    aspect_ratio: str = ""
    style: str | None = None
    seed: int | None = None
    source_images: tuple[str, ...] = ()
    rows: Axis | None = None
    columns: Axis | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as it was sent."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "models": list(self.models),
            "aspect_ratio": self.aspect_ratio or None,
            "style": self.style,
            "seed": self.seed,
            "source_images": list(self.source_images),
            "rows": self.rows.as_json() if self.rows else None,
            "columns": self.columns.as_json() if self.columns else None,
        }


class SheetAxisBody(Body):
    """A parameter that varies, and the values that it has in turn."""

    parameter = serializers.ChoiceField(choices=AXES)
    values = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=MAX_VALUES,
        help_text="Numbers, or slugs of models or styles; null means no style.",
    )


class SheetOrderBody(Body):
    """A comparison to create."""

    prompt = serializers.CharField(
        max_length=PROMPT_MAX_LENGTH,
        help_text="`{red|blue}` stands for alternatives, `__colors__` for all entries of your word "
        "list, `__colors:3__` for three of them, chosen by the seed. A backslash before `{`, `}`, "
        "`|` or `_` takes its meaning away.",
    )
    negative_prompt = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=PROMPT_MAX_LENGTH,
        help_text="Only for the models that support it.",
    )
    models = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        min_length=1,
        max_length=MAX_MODELS,
        help_text="Required, unless the axis `model` lists them. Two or more that are no axis "
        "become columns, or rows if there are other columns.",
    )
    aspect_ratio = serializers.RegexField(
        RATIO.pattern,
        required=False,
        allow_null=True,
        help_text="Such as `16:9`: each model uses its closest size; else its default size.",
    )
    style = serializers.CharField(  # type: ignore[assignment]  # Field.style is for forms
        required=False, allow_null=True, allow_blank=True, help_text="The slug of a style."
    )
    seed = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=SEED_MAX,
        help_text="Of all images; a random one if not given.",
    )
    source_images = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text="IDs of your uploads and images.",
    )
    rows = SheetAxisBody(required=False, allow_null=True)
    columns = SheetAxisBody(required=False, allow_null=True)

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return `{"asked"}`, an `Asked`; raise InvalidParameters. A test compares the fields."""
        return {"asked": clean(data)}


def clean(given: Mapping[str, Any]) -> Asked:
    """Return the comparison.

    Raises:
        InvalidParameters: fields are unknown, missing or of a wrong type.
    """
    return _Cleaning(given).run()


class _Cleaning:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.errors: list[FieldError] = []

    def run(self) -> Asked:
        for name in self.given:
            if name not in FIELDS:
                self.fail(str(name)[:100], "unknown_field", _("Unknown field."))
        rows, columns = self.axis("rows"), self.axis("columns")
        if rows and columns and rows.parameter == columns.parameter:
            self.fail("rows", "invalid", _("Rows and columns must vary different parameters."))
        asked = Asked(
            prompt=self.prompt(),
            negative_prompt=self.text("negative_prompt"),
            models=self.models(rows=rows, columns=columns),
            aspect_ratio=self.ratio(),
            style=self.text("style", 50) or None,
            seed=self.seed(),
            source_images=self.sources(),
            rows=rows,
            columns=columns,
        )
        if self.errors:
            raise InvalidParameters(self.errors)
        return asked

    def fail(self, name: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(name, code, detail))

    def prompt(self) -> str:
        text = self.text("prompt").strip()
        is_invalid = any(error.field == "prompt" for error in self.errors)
        if not text and not is_invalid:
            self.fail("prompt", "required", _("Enter a prompt first."))
        return text

    def text(self, name: str, limit: int = PROMPT_MAX_LENGTH) -> str:
        value = self.given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fail(name, "invalid", _("Must be a string."))
            return ""
        if len(value) > limit:
            detail = _("At most %(max)d characters.") % {"max": limit}
            self.fail(name, "max_length", detail)
            return ""
        if any(category(char) in {"Cc", "Cs"} and char not in "\n\r\t" for char in value):
            self.fail(name, "control_characters", _("Control characters are not allowed."))
            return ""
        return value.replace("\r\n", "\n")

    def models(self, *, rows: Axis | None, columns: Axis | None) -> tuple[str, ...]:
        value = self.given.get("models")
        axis = next((one for one in (rows, columns) if one and one.parameter == "model"), None)
        if value is None and axis:
            value = list(axis.values)
        if value is None or value == []:
            self.fail("models", "required", _("Choose a model."))
        elif not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fail("models", "invalid", _("Must be a list of models."))
        elif len(value) > MAX_MODELS:
            detail = _("Choose up to %(max)d models.") % {"max": MAX_MODELS}
            self.fail("models", "max_length", detail)
        elif len(set(value)) != len(value):
            self.fail("models", "duplicate", _("A model is listed more than once."))
        elif axis and tuple(value) != axis.values:
            self.fail("models", "invalid", _("Must be the models of the axis, or left out."))
        else:
            return tuple(value)
        return ()

    def ratio(self) -> str:
        value = self.given.get("aspect_ratio")
        if value is None:
            return ""
        if not isinstance(value, str) or not RATIO.fullmatch(value):
            self.fail("aspect_ratio", "invalid", _("Must be an aspect ratio such as 16:9."))
            return ""
        return value

    def seed(self) -> int | None:
        value = self.given.get("seed")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail("seed", "invalid", _("Must be a whole number."))
        elif not 0 <= value <= SEED_MAX:
            code = "min_value" if value < 0 else "max_value"
            self.fail("seed", code, _("Must be 0–%(max)d.") % {"max": SEED_MAX})
        else:
            return value
        return None

    def sources(self) -> tuple[str, ...]:
        value = self.given.get("source_images")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fail("source_images", "invalid", _("Must be a list of image IDs."))
            return ()
        return tuple(value)

    def axis(self, name: str) -> Axis | None:
        value = self.given.get(name)
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != {"parameter", "values"}:
            detail = _("Must be an object with “parameter” and “values”.")
            self.fail(name, "invalid", detail)
            return None
        parameter, values = value["parameter"], value["values"]
        if not isinstance(parameter, str) or parameter not in AXES:
            detail = _("One of: %(choices)s.") % {"choices": ", ".join(AXES)}
            self.fail(f"{name}.parameter", "choices", detail)
            return None
        field = f"{name}.values"
        if not isinstance(values, list):
            self.fail(field, "invalid", _("Must be a list."))
        elif not values:
            is_style = parameter == "style"
            detail = _("Choose at least one style.") if is_style else _("Enter at least one value.")
            self.fail(field, "required", detail)
        elif len(values) > MAX_VALUES:
            detail = _("At most %(max)d values.") % {"max": MAX_VALUES}
            self.fail(field, "max_length", detail)
        elif not all(_is_value(parameter, one) for one in values):
            self.fail(field, "invalid", _invalid_value(parameter))
        elif len(set(values)) != len(values):
            self.fail(field, "duplicate", _("A value is listed more than once."))
        else:
            return Axis(parameter, tuple(values))
        return None


def _is_value(parameter: str, value: Any) -> bool:
    if parameter == "style":
        return value is None or (isinstance(value, str) and 0 < len(value) <= 50)
    if parameter == "model":
        return isinstance(value, str) and 0 < len(value) <= 50
    if isinstance(value, bool):
        return False
    if parameter in ("steps", "seed"):
        return isinstance(value, int) and abs(value) <= SEED_MAX
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) <= SEED_MAX


def _invalid_value(parameter: str) -> str:
    if parameter == "style":
        return _("Must be slugs of styles.")
    if parameter == "model":
        return _("Must be slugs of models.")
    if parameter in ("steps", "seed"):
        return _("Must be whole numbers.")
    return _("Must be numbers.")
