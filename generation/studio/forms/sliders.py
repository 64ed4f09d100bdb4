"""The sliders of the composer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generation.catalog.job_parameters import SLIDERS
from generation.catalog.offers import Parameter
from generation.studio.forms.field_texts import decimal


@dataclass(frozen=True)
class Slider:
    """One number: a slider and a field, or a list where the model accepts only certain values."""

    name: str
    label: str
    hint: str
    value: str
    parameter: Parameter
    errors: list[str] = field(default_factory=list)


def slider_of(
    name: str, *, parameters: Mapping[str, Parameter], text: str, errors: list[str]
) -> Slider | None:
    """Return the slider of a parameter with the value as typed, or else the model's default.

    None if the model does not have the parameter.
    """
    parameter = parameters.get(name)
    if parameter is None:
        return None
    if not text and parameter.default is not None:
        text = f"{parameter.default:g}"
    declared = SLIDERS[name]
    return Slider(name, str(declared.label), str(declared.hint), text, parameter, errors)


def stays(text: str, *, before: Parameter | None, after: Parameter | None) -> bool:
    """Return whether a typed value stays when another model is chosen.

    It does if it is a number within the new limits and was not just the old default.
    """
    number = decimal(text)
    if after is None or not isinstance(number, float):
        return False
    if before is not None and number == before.default:
        return False
    return (after.min is None or number >= after.min) and (after.max is None or number <= after.max)
