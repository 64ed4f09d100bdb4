"""The form of a comparison, and what it posts as a request for `generation.studio.comparisons`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from artgen.refusals import Refusal
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.offers import Offer
from generation.catalog.shapes import COMMON_RATIOS
from generation.studio.comparisons.comparison_plan import NAMES
from generation.studio.comparisons.comparison_request import AXES
from generation.studio.forms import field_texts
from generation.studio.forms.field_texts import decimal, whole

TEXTS = (
    *("prompt", "negative_prompt", "aspect_ratio", "style", "seed"),
    *("columns", "columns_values", "rows", "rows_values"),
)
NO_STYLE = "-"
"""The value of the choice without a style, in an axis of styles."""
OWN_AXES = tuple(axis for axis in AXES if axis != "model")
"""The axes that someone chooses; models become one by themselves."""
DEFAULT_MODELS = 2
FIELDS = {
    "columns.values": "columns_values",
    "columns.parameter": "columns",
    "rows.values": "rows_values",
    "rows.parameter": "rows",
    "source_roles": "source_images",
}
SHOWN = {*TEXTS, "models", "source_images", "count"}


@dataclass(frozen=True)
class AxisChoice:
    name: str
    label: str
    models: str
    """Names of the models that have it; "" if all have it."""
    is_hidden: bool
    """It needs a source image, and there is none yet."""


@dataclass
class ComparisonForm:
    """The form, filled in; `texts` are the fields as the browser sends them."""

    texts: dict[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    """What source images are for, by id; the others are edited."""
    styles: dict[str, list[str]] = field(default_factory=dict)
    """The chosen styles of an axis, "columns" or "rows"."""
    errors: dict[str, list[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """The fields whose error is that nothing is entered yet."""
    having: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of the models that have a parameter, as `models_having` returns them."""
    review: str = ""
    """Id of the stored request if a rule has stopped it."""
    can_appeal: bool = False

    @classmethod
    def posted(cls, data: QueryDict) -> "ComparisonForm":
        sources, roles = field_texts.read_sources(data.getlist("source_images"))
        return cls(
            texts={name: str(data[name]).replace("\r\n", "\n") for name in TEXTS if name in data},
            models=list(dict.fromkeys(data.getlist("models"))),
            sources=sources,
            roles=roles,
            styles={axis: data.getlist(f"{axis}_styles") for axis in ("columns", "rows")},
        )

    @classmethod
    def filled(cls, comparison: Mapping[str, Any]) -> "ComparisonForm":
        """Return the form with an earlier comparison, as `ComparisonRequest.as_json` has it."""
        sources, roles = comparison["source_images"], comparison.get("source_roles") or []
        form = cls(
            models=list(comparison["models"]),
            sources=list(sources),
            roles=dict(zip(sources, roles, strict=False)),
        )
        for name in ("prompt", "negative_prompt", "aspect_ratio", "style", "seed"):
            form.texts[name] = "" if comparison[name] is None else f"{comparison[name]}"
        for name in ("columns", "rows"):
            if axis := comparison[name]:
                form.texts[name] = axis["parameter"]
                if axis["parameter"] == "style":
                    form.styles[name] = [value or NO_STYLE for value in axis["values"]]
                elif axis["parameter"] != "model":
                    form.texts[f"{name}_values"] = " ".join(map(str, axis["values"]))
        return form

    def show_models_axis(self) -> None:
        """Choose the models for the axis that they become if no axis is chosen for them."""
        axis = "rows" if self.texts.get("columns") else "columns"
        if not self.texts.get(axis) and not self.has_models_axis:
            self.texts[axis] = "model"

    # --- what the template shows ---

    @property
    def prompt(self) -> str:
        return self.texts.get("prompt", "")

    @property
    def prompt_max_length(self) -> int:
        return PROMPT_MAX_LENGTH

    @property
    def ratios(self) -> tuple[str, ...]:
        return COMMON_RATIOS

    @property
    def ratio(self) -> str:
        text = self.texts.get("aspect_ratio", "")
        return text if text in COMMON_RATIOS else COMMON_RATIOS[0]

    @property
    def axes(self) -> list["AxisFields"]:
        return [AxisFields(self, "columns"), AxisFields(self, "rows")]

    @property
    def has_models_axis(self) -> bool:
        return any(axis.parameter == "model" for axis in self.axes)

    @property
    def has_own_axes(self) -> bool:
        return any(axis.parameter in OWN_AXES or axis.errors for axis in self.axes)

    def explain(self, refusal: Refusal) -> None:
        """Show a refusal at its fields; what has no field in this form is shown at the button."""
        if not refusal.errors:
            self.errors["form"] = [refusal.message]
        self.review = str(refusal.members.get("review", ""))
        self.can_appeal = bool(refusal.members.get("can_appeal"))
        for error in refusal.errors:
            name = FIELDS.get(error.field, error.field)
            known = self.errors.setdefault(name if name in SHOWN else "form", [])
            if error.code == "required":
                self.missing.add(name)
            if error.detail not in known:
                known.append(error.detail)

    # --- what `sheets` gets ---

    def request(self) -> dict[str, Any]:
        """Return the request; an invalid number stays text, for `comparison_request.clean`."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.texts.get("negative_prompt", ""),
            "models": self.models,
            "aspect_ratio": self.ratio,
            "style": self.texts.get("style") or None,
            "seed": whole(self.texts.get("seed", "")),
            "source_images": self.sources,
            "source_roles": field_texts.roles_of(self.sources, self.roles),
            "rows": AxisFields(self, "rows").request(),
            "columns": AxisFields(self, "columns").request(),
        }


@dataclass(frozen=True)
class AxisFields:
    """The fields of one axis: `name` is "columns" or "rows"."""

    form: ComparisonForm
    name: str

    @property
    def parameter(self) -> str:
        text = self.form.texts.get(self.name, "")
        return text if text in AXES else ""

    @property
    def choices(self) -> list[AxisChoice]:
        """The parameters to choose from; scripts show strength when there is a source image."""
        return [
            AxisChoice(
                name,
                label=_("Model") if name == "model" else str(NAMES[name]),
                models=", ".join(self.form.having.get(name, [])),
                is_hidden=name == "strength" and not self.form.sources,
            )
            for name in AXES
            if self.parameter == name or self.form.having.get(name) != []
        ]

    @property
    def values(self) -> str:
        return self.form.texts.get(f"{self.name}_values", "")

    @property
    def styles(self) -> list[str]:
        return self.form.styles.get(self.name, [])

    @property
    def errors(self) -> list[str]:
        errors = self.form.errors
        return [*errors.get(self.name, []), *errors.get(f"{self.name}_values", [])]

    def request(self) -> dict[str, Any] | None:
        """Return the axis as `comparison_request` takes it, None if nothing is chosen."""
        if not self.parameter or (self.parameter == "model" and not self.form.models):
            return None
        values: list[Any]
        if self.parameter == "model":
            values = self.form.models
        elif self.parameter == "style":
            values = [None if slug == NO_STYLE else slug for slug in self.styles]
        else:
            values = numbers_of(self.values, is_whole=self.parameter in ("steps", "seed"))
        return {"parameter": self.parameter, "values": values}


def models_having(offers: Sequence[Offer]) -> dict[str, list[str]]:
    """Return the names of the models that have a parameter, by parameter.

    Parameters that all of them have are left out.
    """
    names_by_parameter = {}
    for parameter in OWN_AXES:
        if parameter == "style":
            continue
        names = [offer.name for offer in offers if parameter in offer.parameters]
        if len(names) < len(offers):
            names_by_parameter[parameter] = names
    return names_by_parameter


def numbers_of(text: str, *, is_whole: bool) -> list[Any]:
    """Return the numbers of a text such as "20 30 40"; parts that are not numbers stay text.

    A comma between digits separates whole numbers. It is a decimal separator where spaces or
    semicolons separate the numbers.
    """
    parts = [part.strip(",") for part in re.split(r"[\s;]+|,(?=\s)", text)]
    parts = [part for part in parts if part]
    if is_whole or len(parts) == 1:
        parts = [number for part in parts for number in part.split(",") if number]
    read = whole if is_whole else decimal
    return [read(part) for part in parts]
