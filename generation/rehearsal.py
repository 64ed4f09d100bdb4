"""A model on offer tried out before anybody pays for it: do its limits, its dialect and its workflow fit together?"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from generation.catalog import InvalidParameters, Offer, Parameter
from generation.runpod import payloads
from generation.runpod.payloads import DIALECTS, Parameters, PayloadError, Source, WorkflowError

PROMPT = "a lighthouse at dusk"
SEED = 42
NUMBERS = ("width", "height", "steps", "guidance", "strength")
KNOWN = {*NUMBERS, "size", "negative_prompt", "seed"}
EVERY_DIALECT = {"size", "width", "height", "seed"}  # carried, or kept from the source picture
SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")


def rehearse(offer: Offer, *, workflow: Mapping[str, Any] | None, sources: int | None = None) -> dict[str, Any]:
    """Return the `input` that RunPod would get for a sample prompt with every default of the model.

    `sources` pictures come along, by default as many as the model needs at least.

    Raises:
        InvalidParameters: a default is outside the model's own limits.
        PayloadError: the dialect or the workflow cannot carry it.
    """
    count = offer.min_source_images if sources is None else sources
    names = [f"source-{number}.png" for number in range(1, count + 1)]
    given: dict[str, Any] = {"prompt": PROMPT, "seed": SEED, "source_images": names}
    return _input(offer, offer.clean(given), workflow=workflow, names=names)


def problems(offer: Offer, *, workflow: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Return what would make this model's jobs fail, by field of ImageModel; empty when it can be offered."""
    found = [*_unknown(offer), *_odd_numbers(offer), *_odd_sizes(offer)]
    if found:
        return {"parameters": found}
    dialect = DIALECTS[offer.dialect]
    if not dialect.min_sources <= offer.max_source_images <= dialect.max_sources:
        limits = {"dialect": offer.dialect, "min": dialect.min_sources, "max": dialect.max_sources}
        return {"max_source_images": [_("%(dialect)s takes %(min)d to %(max)d source pictures.") % limits]}
    try:
        for count in sorted({offer.min_source_images, offer.max_source_images}):
            rehearse(offer, workflow=workflow, sources=max(count, dialect.min_sources))
        _try_sizes(offer, workflow)
    except InvalidParameters as error:
        return {"parameters": [f"{one.field}: {one.detail}" for one in error.errors]}
    except WorkflowError as error:
        return {"workflow": [str(error)]}
    except PayloadError as error:
        return {"parameters": [str(error)]}
    return {}


def _input(
    offer: Offer, cleaned: Mapping[str, Any], *, workflow: Mapping[str, Any] | None, names: list[str]
) -> dict[str, Any]:
    return payloads.build(
        offer.dialect,
        Parameters(
            prompt=cleaned["prompt"],
            negative_prompt=cleaned["negative_prompt"],
            width=cleaned["width"] or 1024,
            height=cleaned["height"] or 1024,
            steps=cleaned["steps"],
            guidance=cleaned["guidance"],
            seed=cleaned["seed"],
            strength=cleaned["strength"],
        ),
        sources=[Source(url=f"https://example.org/{name}", name=name, data=b"") for name in names],
        workflow=workflow,
    )


def _try_sizes(offer: Offer, workflow: Mapping[str, Any] | None) -> None:
    names = [f"source-{number}.png" for number in range(1, offer.min_source_images + 1)]
    for choice in offer.parameters["size"].choices if "size" in offer.parameters else ():
        width, height = (int(side) for side in choice.split("x"))
        given = {"prompt": PROMPT, "seed": SEED, "source_images": names, "width": width, "height": height}
        _input(offer, offer.clean(given), workflow=workflow, names=names)


def _unknown(offer: Offer) -> Iterator[str]:
    for name in offer.parameters:
        if name not in KNOWN:
            yield _("%(name)s: there is no such setting. Known: %(known)s.") % {
                "name": name,
                "known": ", ".join(sorted(KNOWN)),
            }
        elif name not in EVERY_DIALECT | DIALECTS[offer.dialect].accepts:
            yield _("%(name)s: the dialect %(dialect)s cannot carry it.") % {"name": name, "dialect": offer.dialect}


def _odd_numbers(offer: Offer) -> Iterator[str]:
    for name in NUMBERS:
        if (parameter := offer.parameters.get(name)) is not None:
            yield from (f"{name}: {problem}" for problem in _odd_number(name, parameter))


def _odd_number(name: str, parameter: Parameter) -> Iterator[str]:
    limits = {"min": parameter.min, "max": parameter.max, "step": parameter.step, "default": parameter.default}
    values = [*limits.values(), *parameter.choices]
    if any(value is not None and not _is_number(value) for value in values):
        yield _("default, min, max, step and choices are numbers.")
        return
    if parameter.default is None and name in ("width", "height"):
        yield _("a default is needed.")
    if parameter.min is not None and parameter.max is not None and parameter.min > parameter.max:
        yield _("min is above max.")
    if parameter.step is not None and parameter.step <= 0:
        yield _("step is above 0.")
    if parameter.default is None:
        return
    too_small = parameter.min is not None and parameter.default < parameter.min
    too_large = parameter.max is not None and parameter.default > parameter.max
    if too_small or too_large or (parameter.choices and parameter.default not in parameter.choices):
        yield _("the default is outside the limits.")


def _odd_sizes(offer: Offer) -> Iterator[str]:
    size = offer.parameters.get("size")
    if size is None:
        return
    if not size.choices or not all(isinstance(choice, str) and SIZE.fullmatch(choice) for choice in size.choices):
        yield _("size: give choices such as 1024x768.")
    elif size.default not in size.choices:
        yield _("size: the default is one of the choices.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
