"""Dialects: how to build a worker's `input`, and how to read its output.

`build` turns parameters into `input`, `read` turns a finished report into images. Each kind of
self-hosted worker has a dialect. RunPod's public endpoints share one; a request format says how an
endpoint names its parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.providers.job_report import JobReport

from . import comfyui, comfyui_workflow, self_hosted_requests
from .comfyui_workflow import WorkflowError, check_workflow
from .dialect import (
    Dialect,
    InputImage,
    Parameters,
    PayloadError,
    UnknownDialect,
    check_parameters,
    no_seed,
)
from .outputs import OutputImage, Result, cost_in, read_report, result_from
from .public_endpoint_requests import PUBLIC, public_dialect
from .request_format import FormatProblem, RequestFormat, RequestFormatError, parse_request_format
from .vendor_errors import CODES, Failure, OutputError, classify

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (*self_hosted_requests.DIALECTS, comfyui.DIALECT)
}
"""Dialects of self-hosted workers, by name."""


def is_public(dialect: str) -> bool:
    """Return whether models and jobs of this dialect use one of RunPod's public endpoints."""
    return dialect == PUBLIC


def dialect_of(dialect: str, request_format: Mapping[str, Any] | None = None) -> Dialect:
    """Return the dialect of this name; that of a public endpoint follows from its request format.

    Raises UnknownDialect, or RequestFormatError for an invalid format; both are PayloadErrors.
    """
    if not is_public(dialect):
        try:
            return DIALECTS[dialect]
        except KeyError:
            raise UnknownDialect(f"there is no dialect {dialect!r}") from None
    if request_format is None:
        raise PayloadError("a public endpoint needs a request format")
    return public_dialect(parse_request_format(request_format))


def weight_slots(
    workflow: Mapping[str, Any] | None, request_format: Mapping[str, Any] | None
) -> list[int]:
    """Return which images get a weight: their numbers in the graph; 0: all, in a field."""
    if workflow:
        slots = comfyui_workflow.slots_in(workflow)
        return [int(slot[7:]) for slot in slots if slot in comfyui_workflow.WEIGHTS]
    sources = parse_request_format(request_format).sources if request_format else None
    return [0] if sources and sources.weight else []


def build(
    dialect: str,
    parameters: Parameters,
    *,
    sources: Sequence[InputImage] = (),
    mask: InputImage | None = None,
    workflow: Mapping[str, Any] | None = None,
    request_format: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the `input` of a /run for one image.

    Args:
        dialect: its name.
        parameters: of the image.
        sources: source images, in order.
        mask: gray image, as large as the first source image; white is repainted.
        workflow: template of a comfyui model (see `check_workflow`); no other dialect has one.
        request_format: how a public endpoint names its parameters.

    Raises:
        PayloadError: the dialect does not support a parameter, the size, the number of source
            images or a mask; nothing is omitted silently.
        WorkflowError: a PayloadError for a template that does not fit.
    """
    chosen = dialect_of(dialect, request_format)
    check_parameters(chosen, parameters, sources, mask)
    if chosen is DIALECTS["comfyui"]:
        if workflow is None:
            raise WorkflowError("", "a comfyui model needs a workflow")
        return comfyui.build(parameters, sources, workflow, mask=mask)
    if workflow is not None:
        raise PayloadError(f"the dialect {dialect} takes no workflow")
    body = chosen.build(parameters, tuple(sources))
    return body | {chosen.mask_field: mask.url} if mask else body


def read(dialect: str, report: JobReport, *, images_at: str = "") -> Result:
    """Return the result in the final report of a job, with at least one image.

    `images_at` is `RequestFormat.images`; without it, images are looked for in all known places.
    They are not decoded here: see `image_decoding.decode`.

    Raises:
        OutputError: the job failed or returned no image; with a stable code.
        ValueError: the state is not final.
    """
    seed_of = no_seed if is_public(dialect) else dialect_of(dialect).seed_of
    return read_report(report, seed_of=seed_of, images_at=images_at)
