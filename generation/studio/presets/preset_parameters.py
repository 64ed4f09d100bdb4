"""The values of a preset as parameters of jobs, as the API reads and shows them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.catalog import shapes
from generation.catalog.job_parameters import JOB_PARAMETERS, JobParameter, Kind
from generation.catalog.offers import InvalidParameters, Offer
from generation.models import ImageModel, Preset, Style
from generation.studio.presets import own_styles

NOT_KEPT = {"prompt", "original_prompt", "source_images"}
"""Fields of the composer that presets do not have."""
KEPT: tuple[JobParameter, ...] = tuple(
    parameter
    for parameter in JOB_PARAMETERS
    if parameter.in_composer and parameter.name not in NOT_KEPT
)
"""The parameters that a preset can have."""
NAMES = tuple(parameter.name for parameter in KEPT)
FIELD = "parameters"


def values_of(parameters: Mapping[str, Any], *, count: int, user: User) -> dict[str, str]:
    """Return the values of a preset with these parameters: `model` and some of NAMES.

    Raises:
        Refusal: a parameter is unknown or outside the model's limits; the errors name
            "parameters.steps".
    """
    model = _model(parameters.get("model"))
    offer = model.offer
    wanted = {
        name: value for name, value in parameters.items() if name != "model" and value is not None
    }
    wanted |= _size(offer, wanted)
    errors = [*_unknown(wanted), *_limits(offer, wanted)]
    if not errors and (style := wanted.get("style")):
        wanted["style"] = _style(style, user)
        if not wanted["style"]:
            errors.append(FieldError("style", "does_not_exist", _("Style not found.")))
    if errors:
        raise _invalid(errors)
    texts = {name: str(wanted[name]).strip() for name in NAMES if name in wanted}
    width, height = texts.pop("width", ""), texts.pop("height", "")
    values = {"model": model.slug, "count": str(count)}
    if width and height:
        values["shape"] = f"{width}x{height}"
        if values["shape"] not in _shapes(offer):
            values |= {"exact": "1", "width": width, "height": height}
    return values | {name: text for name, text in texts.items() if text}


def changed(
    preset: Preset,
    *,
    user: User,
    parameters: Mapping[str, Any] | None = None,
    count: int | None = None,
) -> dict[str, str]:
    """Return the preset's values with other parameters or another count; None leaves them.

    Raises:
        Refusal: as `values_of`.
    """
    if parameters is None:
        return {**preset.values, "count": str(count or count_of(preset.values))}
    return values_of(parameters, count=count or count_of(preset.values), user=user)


def parameters_of(values: Mapping[str, str]) -> dict[str, Any]:
    """Return `model` and those of NAMES that the preset has: a request of a job but the prompt."""
    size = shapes.size_of(values.get("shape", ""))
    if values.get("exact"):
        size = shapes.size_of(f"{values.get('width', '')}x{values.get('height', '')}")
    texts = {name: values[name] for name in NAMES if values.get(name)}
    texts |= dict(zip(("width", "height"), map(str, size or ()), strict=False))
    kinds = {parameter.name: parameter.kind for parameter in KEPT}
    shown: dict[str, Any] = {"model": values.get("model", "")}
    return shown | {name: _typed(kinds[name], texts[name]) for name in NAMES if name in texts}


def count_of(values: Mapping[str, str]) -> int:
    return int(values.get("count") or 1)


def _typed(kind: Kind, text: str) -> Any:
    if kind in (Kind.INTEGER, Kind.SEED):
        return int(text)
    return float(text.replace(",", ".")) if kind is Kind.FLOAT else text


def _model(slug: object) -> ImageModel:
    for model in ImageModel.objects.all():
        if model.slug == slug and model.is_composable:
            return model
    if slug:
        raise _invalid([FieldError("model", "does_not_exist", _("Model not found."))])
    raise _invalid([FieldError("model", "required", _("Choose a model."))])


def _style(slug: str, user: User) -> str:
    """Return the slug of a style that the user can choose, "" for others."""
    if own := own_styles.find(user, slug):
        return own.slug
    return slug if Style.objects.filter(slug=slug, enabled=True).exists() else ""


def _size(offer: Offer, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other side, as the model has it by default, if only one is given."""
    sides = [name for name in ("width", "height") if name in wanted]
    if len(sides) != 1:
        return {}
    other = "height" if sides == ["width"] else "width"
    if size := offer.parameters.get("size"):
        width, height = shapes.size_of(str(size.default)) or (0, 0)
        return {other: width if other == "width" else height}
    side = offer.parameters.get(other)
    return {other: int(side.default)} if side and side.default else {}


def _shapes(offer: Offer) -> list[str]:
    """Return the sizes that the composer offers for this model, as "1344x768"."""
    if size := offer.parameters.get("size"):
        return [shape.value for shape in shapes.of_sizes(size.choices)]
    width, height = offer.parameters["width"], offer.parameters["height"]
    return [shape.value for shape in shapes.within(width=width, height=height)]


def _unknown(wanted: Mapping[str, Any]) -> list[FieldError]:
    detail = _("Unknown or read-only field.")
    return [FieldError(str(name), "unknown_field", detail) for name in wanted if name not in NAMES]


def _limits(offer: Offer, wanted: Mapping[str, Any]) -> list[FieldError]:
    request = {name: value for name, value in wanted.items() if name in NAMES}
    try:
        offer.clean(request | {"prompt": "x", "source_images": []})
    except InvalidParameters as refused:
        return [error for error in refused.errors if error.field in NAMES]
    return []


def _invalid(errors: list[FieldError]) -> Refusal:
    return Refusal(
        errors=[
            FieldError(f"{FIELD}.{error.field}"[:100], error.code, error.detail) for error in errors
        ]
    )
