"""The request of a comparison: as the API and the page send it, and as plans read it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from artgen.api.inputs import Body, Choice, Id, Number, read
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH, SEED_MAX
from generation.catalog.request_validation import clean_text
from generation.catalog.source_roles import SourceRole
from generation.jobs.placing.job_request import MaxCreditsBody

MAX_MODELS = 8
MAX_VALUES = 16
AXES = ("model", "steps", "guidance", "seed", "style", "strength")


@dataclass(frozen=True)
class Axis:
    """A parameter, one of AXES, and the values it has in turn; a style may be None."""

    parameter: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class ComparisonRequest:
    """A comparison as it is asked for; its cells are validated by `comparison_plan.make`."""

    prompt: str
    models: tuple[str, ...]
    negative_prompt: str = ""
    aspect_ratio: str = ""
    style: str | None = None
    seed: int | None = None
    source_images: tuple[str, ...] = ()
    source_roles: tuple[str, ...] = ()
    rows: Axis | None = None
    columns: Axis | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as it was sent."""
        return asdict(self) | {"aspect_ratio": self.aspect_ratio or None}


class SheetText(serializers.CharField):
    """A text as jobs store it; null is an empty one."""

    def run_validation(self, data: Any = empty) -> str:
        if data is empty or data is None:
            data = ""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Must be a string."), code="invalid")
        text, error = clean_text(data, max_length=self.max_length, required=self.required)
        if error:
            raise serializers.ValidationError(error[1], code=error[0])
        return text


class SheetList(serializers.ListField):
    """A list that is not empty; what it is empty of, the body says."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation([] if data is None else data)

    def run_validators(self, value: list[Any]) -> None:
        if value:
            super().run_validators(value)


class SheetValue(serializers.JSONField):
    """A value of an axis, which may be null."""

    def run_validation(self, data: Any = empty) -> Any:
        return data


class SheetAxisBody(Body):
    """A parameter that varies, and the values that it has in turn."""

    parameter = Choice(choices=AXES)
    values = SheetList(
        child=SheetValue(),
        min_length=1,
        max_length=MAX_VALUES,
        help_text="Numbers, or slugs of models or styles; null means no style.",
        error_messages={
            "required": gettext_lazy("Enter at least one value."),
            "not_a_list": gettext_lazy("Must be a list."),
            "max_length": lazy(lambda: _("At most %(max)d values.") % {"max": MAX_VALUES}, str)(),
        },
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse values that the parameter cannot have."""
        parameter, values = attrs["parameter"], attrs["values"]
        error = None
        if not values:
            is_style = parameter == "style"
            detail = _("Choose at least one style.") if is_style else _("Enter at least one value.")
            error = ErrorDetail(detail, "required")
        elif not all(_is_value(parameter, value) for value in values):
            error = ErrorDetail(_invalid_value(parameter), "invalid")
        elif len(set(values)) != len(values):
            error = ErrorDetail(_("A value is listed more than once."), "duplicate")
        if error:
            raise serializers.ValidationError({"values": [error]})
        return attrs


class SheetOrderBody(MaxCreditsBody):
    """A comparison to create."""

    prompt = SheetText(
        max_length=PROMPT_MAX_LENGTH,
        help_text="`{red|blue}` stands for alternatives, `__colors__` for all entries of your word "
        "list, `__colors:3__` for three of them, chosen by the seed. A backslash before `{`, `}`, "
        "`|` or `_` takes its meaning away.",
    )
    negative_prompt = SheetText(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=PROMPT_MAX_LENGTH,
        help_text="Only for the models that support it.",
    )
    models = SheetList(
        child=serializers.SlugField(),
        required=False,
        min_length=1,
        max_length=MAX_MODELS,
        help_text="Required, unless the axis `model` lists them. Two or more that are no axis "
        "become columns, or rows if there are other columns.",
        error_messages={
            "not_a_list": gettext_lazy("Must be a list of models."),
            "max_length": lazy(
                lambda: _("Choose up to %(max)d models.") % {"max": MAX_MODELS}, str
            )(),
        },
    )
    aspect_ratio = serializers.RegexField(
        r"^[1-9]\d?:[1-9]\d?\Z",
        required=False,
        allow_null=True,
        help_text="Such as `16:9`: each model uses its closest size; else its default size.",
        error_messages=dict.fromkeys(
            ("invalid", "blank"), gettext_lazy("Must be an aspect ratio such as 16:9.")
        ),
    )
    style = SheetText(  # type: ignore[assignment]  # Field.style is for forms
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=50,
        help_text="The slug of a style.",
    )
    seed = Number(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=SEED_MAX,
        help_text="Of all images; a random one if not given.",
        error_messages=dict.fromkeys(
            ("min_value", "max_value"),
            lazy(lambda: _("Must be 0–%(max)d.") % {"max": SEED_MAX}, str)(),
        ),
    )
    source_images = serializers.ListField(
        child=Id(),
        required=False,
        allow_null=True,
        help_text="IDs of your uploads and images.",
        error_messages={"not_a_list": gettext_lazy("Must be a list of image IDs.")},
    )
    source_roles = serializers.ListField(
        child=Choice(choices=SourceRole.values),
        required=False,
        allow_null=True,
        help_text="What each source image is for, in their order: `edit` (the default), `subject`, "
        "`style` or `composition`. All models of the comparison must support them.",
        error_messages={"not_a_list": gettext_lazy("Must be a list.")},
    )
    rows = SheetAxisBody(required=False, allow_null=True)
    columns = SheetAxisBody(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return `{"asked", "max_credits"}`; the first is a `ComparisonRequest`."""
        axes = {
            name: Axis(axis["parameter"], tuple(axis["values"]))
            for name in ("rows", "columns")
            if (axis := attrs.get(name))
        }
        if len({axis.parameter for axis in axes.values()}) < len(axes):
            raise _error("rows", "invalid", _("Rows and columns must vary different parameters."))
        listed = next((axis.values for axis in axes.values() if axis.parameter == "model"), None)
        models = tuple(attrs.get("models") or listed or ())
        if not models:
            raise _error("models", "required", _("Choose a model."))
        if len(models) > MAX_MODELS:
            raise _error("models", "max_length", self.fields["models"].error_messages["max_length"])
        if len(set(models)) != len(models):
            raise _error("models", "duplicate", _("A model is listed more than once."))
        if listed and models != listed:
            detail = _("Must be the models of the axis, or left out.")
            raise _error("models", "invalid", detail)
        comparison = ComparisonRequest(
            prompt=attrs["prompt"],
            negative_prompt=attrs["negative_prompt"],
            models=models,
            aspect_ratio=attrs.get("aspect_ratio") or "",
            style=attrs["style"] or None,
            seed=attrs.get("seed"),
            source_images=tuple(map(str, attrs.get("source_images") or ())),
            source_roles=tuple(attrs.get("source_roles") or ()),
            **axes,
        )
        return {"asked": comparison, "max_credits": attrs.get("max_credits")}


def clean(body: Mapping[str, Any]) -> ComparisonRequest:
    """Return the comparison; raise Problem, which names the invalid fields."""
    comparison: ComparisonRequest = read(SheetOrderBody(data=dict(body)))["asked"]
    return comparison


def _error(field: str, code: str, detail: Any) -> serializers.ValidationError:
    return serializers.ValidationError({field: [ErrorDetail(detail, code)]})


def _is_value(parameter: str, value: object) -> bool:
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
