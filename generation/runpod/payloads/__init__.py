"""Dialects: what goes into a worker's `input`, and what its reply means.

`build` turns parameters into `input`, `read` turns a finished report into pictures. Workers of one's own are a table
of dialects; RunPod's public endpoints share one, which a request format tells what the endpoint calls its parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.runpod.report import Report

from . import comfyui, own
from .dialect import (
    Dialect,
    Parameters,
    PayloadError,
    Source,
    UnknownDialect,
    check_parameters,
    no_seed,
)
from .errors import CODES, Failure, OutputError, classify
from .legacy import LEGACY
from .outputs import Picture, Result, cost_in, read_report, result_from
from .public import PUBLIC, public_dialect
from .request_format import FormatProblem, RequestFormat, RequestFormatError, parse_request_format
from .workflow import WorkflowError, check_workflow

__all__ = [
    "CODES",
    "DIALECTS",
    "LEGACY",
    "PUBLIC",
    "Dialect",
    "Failure",
    "FormatProblem",
    "OutputError",
    "Parameters",
    "PayloadError",
    "Picture",
    "RequestFormat",
    "RequestFormatError",
    "Result",
    "Source",
    "UnknownDialect",
    "WorkflowError",
    "build",
    "check_workflow",
    "classify",
    "cost_in",
    "dialect_of",
    "is_public",
    "parse_request_format",
    "read",
    "result_from",
]

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (*own.DIALECTS, comfyui.DIALECT)
}
"""What workers of one's own speak, by name."""


def is_public(dialect: str) -> bool:
    """Tell whether a model or job of this dialect goes to one of RunPod's public endpoints."""
    return dialect == PUBLIC or dialect in LEGACY


def dialect_of(dialect: str, request_format: Mapping[str, Any] | None = None) -> Dialect:
    """Return what is spoken under this name; a public endpoint is described by its request format.

    Raises UnknownDialect for another name, RequestFormatError, one of its kind, for a format that cannot be used.
    """
    if not is_public(dialect):
        try:
            return DIALECTS[dialect]
        except KeyError:
            raise UnknownDialect(f"there is no dialect {dialect!r}") from None
    described = LEGACY.get(dialect) if request_format is None else request_format
    if described is None:
        raise PayloadError("a public endpoint needs a request format")
    return public_dialect(parse_request_format(described))


def build(
    dialect: str,
    parameters: Parameters,
    *,
    sources: Sequence[Source] = (),
    workflow: Mapping[str, Any] | None = None,
    request_format: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the `input` of a /run for one picture.

    `workflow` is the template of a comfyui model (see `check_workflow`), `request_format` what a public endpoint calls
    its parameters; no other dialect takes them. Raises PayloadError when the dialect cannot carry what is asked for
    (`Dialect.accepts`, `sizes`, `min_sources`, `max_sources`), so that nothing is left out silently, and
    WorkflowError, one of its kind, for a template that does not fit.
    """
    chosen = dialect_of(dialect, request_format)
    check_parameters(chosen, parameters, sources)
    if chosen is DIALECTS["comfyui"]:
        if workflow is None:
            raise WorkflowError("", "a comfyui model needs a workflow")
        return comfyui.build(parameters, sources, workflow)
    if workflow is not None:
        raise PayloadError(f"the dialect {dialect} takes no workflow")
    return chosen.build(parameters, tuple(sources))


def read(dialect: str, report: Report) -> Result:
    """Return the pictures in the final report of a job, at least one.

    What is in them is not checked here: decode them (`picture.check_picture`) before believing. Raises
    OutputError with a stable code when the job failed or its reply carries no picture, ValueError when the
    job is not at its end.
    """
    # The reply of a public endpoint has one shape, whatever its request is like.
    return read_report(
        report, seed_of=no_seed if is_public(dialect) else dialect_of(dialect).seed_of
    )
