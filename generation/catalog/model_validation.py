"""Check of a model before it is offered: its limits, dialect and workflow fit together."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from generation.catalog import edit_sizes
from generation.catalog.job_parameters import JOB_PARAMETERS, NUMBERS, PAYLOAD_FIELDS
from generation.catalog.offers import InvalidParameters, Offer, Parameter
from generation.catalog.source_roles import numbers_of
from generation.providers import payloads
from generation.providers.payloads import (
    Dialect,
    FormatProblem,
    InputImage,
    Parameters,
    PayloadError,
    RequestFormatError,
    WorkflowError,
)

PROMPT = "a lighthouse at dusk"
SEED = 42
NEGATIVE_PROMPT = "blurry"
LORA_URL = "https://example.org/style.safetensors"
DEFAULT_SIDE = 1024  # px
LONGEST_TEXT = 32_000  # characters
KNOWN = {"size", "seed", "prompt", *(item.offer_name for item in JOB_PARAMETERS if item.is_offered)}
EVERY_DIALECT = {
    "size",
    "width",
    "height",
    "seed",
    "prompt",
}  # carried, or kept from the source image
MASK = "mask.png"
SIZE = re.compile(r"[1-9]\d{0,4}x[1-9]\d{0,4}")


def rehearse(
    offer: Offer, *, workflow: Mapping[str, Any] | None, sources: int | None = None
) -> dict[str, Any]:
    """Return the `input` of RunPod for a sample prompt with all defaults of the model.

    With `sources` source images, by default as few as the model allows.

    Raises:
        InvalidParameters: a default is outside the model's own limits.
        PayloadError: the dialect or the workflow cannot carry it.
    """
    count = offer.min_source_images if sources is None else sources
    names = _names(count)
    return _input(offer, offer.clean(_sample_request(offer, names)), workflow=workflow, names=names)


def rehearse_all(offer: Offer, *, workflow: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the `input` of a job with every parameter and the most sources of the model.

    Raises what `rehearse` raises.
    """
    names = _names(offer.max_source_images)
    request = _sample_request(offer, names)
    request |= {name: text for name, text in _texts().items() if name in offer.parameters}
    return _input(offer, offer.clean(request), workflow=workflow, names=names)


def usual_size(offer: Offer) -> tuple[int, int]:
    """Return width and height with the model's defaults, of DEFAULT_SIDE if the source decides."""
    size, width, height = (offer.parameters.get(name) for name in ("size", "width", "height"))
    if size:
        across, down = (int(side) for side in str(size.default).split("x"))
        return across, down
    if width and height:
        return int(width.default), int(height.default)
    return edit_sizes.upscaled(offer, (DEFAULT_SIDE, DEFAULT_SIDE), scale=1)


def explain(error: RequestFormatError) -> list[str]:
    """Return what is wrong with a request format, translated."""
    return [_explained(problem) for problem in error.problems]


def format_problems(
    dialect: str, request_format: Mapping[str, Any] | None, *, workflow: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what is wrong with the format of requests itself, by field."""
    if not payloads.is_public(dialect) and dialect not in payloads.DIALECTS:
        names = ", ".join([payloads.PUBLIC, *sorted(payloads.DIALECTS)])
        return {"dialect": _("Known dialects: %(names)s.") % {"names": names}}
    errors: dict[str, Any] = {}
    if not payloads.is_public(dialect):
        if request_format is not None:
            errors["request_format"] = [_("Only the dialect “public” has a request format.")]
    elif request_format is None:
        errors["request_format"] = [_("Enter the endpoint’s names of the parameters.")]
    else:
        try:
            payloads.dialect_of(dialect, request_format)
        except RequestFormatError as error:
            errors["request_format"] = explain(error)
    if dialect == "comfyui":
        wrong = payloads.check_workflow(workflow) if workflow else [_("ComfyUI needs a workflow.")]
        if wrong:
            errors["workflow"] = wrong
    return errors


def problems(offer: Offer, *, workflow: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Return what would make jobs of this model fail, by field of ImageModel."""
    dialect = payloads.dialect_of(offer.dialect, offer.request_format)
    if wrong := list(_odd_roles(offer, workflow)):
        return {"roles": wrong}
    odd = [*_unknown(offer, dialect), *_odd_numbers(offer), *_odd_texts(offer), *_odd_sizes(offer)]
    if odd := [*odd, *_odd_lora(offer)]:
        return {"parameters": odd}
    if not dialect.min_sources <= offer.max_source_images <= dialect.max_sources:
        limits = {"dialect": offer.dialect, "min": dialect.min_sources, "max": dialect.max_sources}
        return {
            "max_source_images": [
                _("%(dialect)s supports %(min)d to %(max)d source images.") % limits
            ]
        }
    try:
        for count in sorted({offer.min_source_images, offer.max_source_images}):
            rehearse(offer, workflow=workflow, sources=max(count, dialect.min_sources))
        rehearse_all(offer, workflow=workflow)
        _try_sizes(offer, workflow)
    except InvalidParameters as error:
        return {"parameters": [f"{refused.field}: {refused.detail}" for refused in error.errors]}
    except WorkflowError as error:
        return {"workflow": [str(error)]}
    except PayloadError as error:
        return {"parameters": [str(error)]}
    return {}


def _input(
    offer: Offer,
    cleaned: Mapping[str, Any],
    *,
    workflow: Mapping[str, Any] | None,
    names: list[str],
) -> dict[str, Any]:
    values = {name: cleaned[name] for name in PAYLOAD_FIELDS}
    values |= {side: cleaned[side] or DEFAULT_SIDE for side in ("width", "height")}
    roles = cleaned["source_roles"] or offer.usual_roles(len(names))
    weights = dict(zip(names, numbers_of(roles, offer.roles), strict=False))
    return payloads.build(
        offer.dialect,
        Parameters(**values),
        sources=[
            InputImage(f"https://example.org/{name}", name, data=b"", weight=weights.get(name))
            for name in names
        ],
        mask=InputImage(url=f"https://example.org/{MASK}", name=MASK, data=b"")
        if cleaned["mask"]
        else None,
        workflow=workflow,
        request_format=offer.request_format,
    )


def _names(count: int) -> list[str]:
    return [f"source-{number}.png" for number in range(1, count + 1)]


def _sample_request(offer: Offer, names: list[str]) -> dict[str, Any]:
    request = {"prompt": PROMPT, "seed": SEED, "source_images": names}
    request["source_roles"] = offer.usual_roles(len(names))
    return request | ({"mask": MASK} if offer.takes_mask and names else {})


def _texts() -> dict[str, str]:
    return {"negative_prompt": NEGATIVE_PROMPT, "lora_url": LORA_URL}


def _try_sizes(offer: Offer, workflow: Mapping[str, Any] | None) -> None:
    """Build a job of each size in the list, or of the smallest and the largest."""
    names = _names(offer.min_source_images)
    for width, height in _sizes(offer):
        request = {**_sample_request(offer, names), "width": width, "height": height}
        _input(offer, offer.clean(request), workflow=workflow, names=names)


def _sizes(offer: Offer) -> Iterator[tuple[int, int]]:
    if "size" in offer.parameters:
        for choice in offer.parameters["size"].choices:
            width, height = (int(side) for side in choice.split("x"))
            yield width, height
    elif {"width", "height"} <= set(offer.parameters):
        across, down = offer.parameters["width"], offer.parameters["height"]
        for side, other in ((across.min, down.min), (across.max, down.max)):
            if side is not None and other is not None:
                yield int(side), int(other)


def _unknown(offer: Offer, dialect: Dialect) -> Iterator[str]:
    for name in offer.parameters:
        if name not in KNOWN:
            yield _("%(name)s: unknown setting. Known: %(known)s.") % {
                "name": name,
                "known": ", ".join(sorted(KNOWN)),
            }
        elif dialect.sized_by_source and name in ("size", "width", "height"):
            yield _(
                "%(name)s: the endpoint takes the size of the source image (match_input_image)."
            ) % {"name": name}
        elif name == "mask" and dialect.mask_field:
            continue
        elif name not in EVERY_DIALECT | dialect.accepts:
            yield _("%(name)s: not supported by dialect %(dialect)s.") % {
                "name": name,
                "dialect": offer.dialect,
            }


def _odd_numbers(offer: Offer) -> Iterator[str]:
    for name in NUMBERS:
        if (parameter := offer.parameters.get(name)) is not None:
            yield from (f"{name}: {problem}" for problem in _odd_number(name, parameter))


def _odd_number(name: str, parameter: Parameter) -> Iterator[str]:
    limits = {
        "min": parameter.min,
        "max": parameter.max,
        "step": parameter.step,
        "default": parameter.default,
    }
    values = [*limits.values(), *parameter.choices]
    if any(value is not None and not _is_number(value) for value in values):
        yield _("default, min, max, step and choices must be numbers.")
        return
    if parameter.default is None and name in ("width", "height"):
        yield _("default is required.")
    if parameter.min is not None and parameter.max is not None and parameter.min > parameter.max:
        yield _("min exceeds max.")
    if parameter.step is not None and parameter.step <= 0:
        yield _("step must be above 0.")
    if parameter.default is None:
        return
    too_small = parameter.min is not None and parameter.default < parameter.min
    too_large = parameter.max is not None and parameter.default > parameter.max
    if too_small or too_large or (parameter.choices and parameter.default not in parameter.choices):
        yield _("default is out of range.")


def _odd_texts(offer: Offer) -> Iterator[str]:
    for name in ("prompt", "negative_prompt"):
        limits = offer.parameters.get(name, Parameter())
        if limits.max is not None and limits.max not in range(1, LONGEST_TEXT + 1):
            yield _("%(name)s: max must be 1–%(max)d characters.") % {
                "name": name,
                "max": LONGEST_TEXT,
            }


def _odd_sizes(offer: Offer) -> Iterator[str]:
    size = offer.parameters.get("size")
    if size is None:
        return
    if not size.choices or not all(
        isinstance(choice, str) and SIZE.fullmatch(choice) for choice in size.choices
    ):
        yield _("size: give choices such as 1024x768.")
    elif size.default not in size.choices:
        yield _("size: default must be one of the choices.")


def _odd_lora(offer: Offer) -> Iterator[str]:
    if ("lora_url" in offer.parameters) != ("lora_scale" in offer.parameters):
        yield _("lora_url and lora_scale must be given together.")


def _odd_roles(offer: Offer, workflow: Mapping[str, Any] | None) -> Iterator[str]:
    slots = [how.slot for how in offer.roles.values() if how.slot]
    if offer.roles and not offer.max_source_images:
        yield _("Only models that accept source images have roles.")
    if slots and offer.dialect != "comfyui":
        yield _("Only ComfyUI graphs have slots.")
    if len(set(slots)) < len(slots) or max(slots, default=0) > offer.min_source_images:
        yield _("Slots must be different numbers up to the minimum of source images.")
    sent = {how.slot for how in offer.roles.values() if how.weights}
    carried = set(payloads.weight_slots(workflow, offer.request_format))
    if sent != carried or (offer.own_role and len(offer.roles) > 1):
        yield _(
            "Weights need {{weight_N}} in the graph, with the number of their slot, or without "
            "slots sources.weight in the request format, for one role; and these need weights."
        )


def _explained(problem: FormatProblem) -> str:
    """Return one problem of a request format, with the path of its entry."""
    texts = {
        "unknown": _("unknown key. Known: %(known)s."),
        "type": _("must be of type: %(value)s."),
        "name": _(
            "“%(value)s” isn’t a valid parameter name. "
            "Use letters, digits and _, such as num_inference_steps."
        ),
        "path": _(
            "“%(value)s” isn’t a path to the images in a reply, such as images[].url or "
            "data[].b64_json."
        ),
        "value": _("unknown value “%(value)s”. Possible: %(known)s."),
        "range": _("%(value)s is out of range. Must be a whole number in %(known)s."),
        "required": _("required for %(value)s."),
        "duplicate": _("“%(value)s” is used twice."),
        "too_long": _("at most %(value)s bytes."),
    }
    known = " … ".join(problem.known) if problem.code == "range" else ", ".join(problem.known)
    text = texts[problem.code] % {"value": problem.value, "known": known}
    return f"{problem.path}: {text}" if problem.path else text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
