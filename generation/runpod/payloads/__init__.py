"""Dialects: what goes into a worker's `input`, and what its reply means.

`build` turns parameters into `input`, `read` turns a finished report into pictures. A dialect is a row in a
table; the functions behind the rows are few.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.runpod.report import Report

from . import comfyui, own, public
from .dialect import Dialect, Parameters, PayloadError, Source, check_parameters
from .errors import CODES, Failure, OutputError, classify
from .outputs import Picture, Result, cost_in, read_report, result_from
from .workflow import WorkflowError, check_workflow

__all__ = [
    "CODES",
    "DIALECTS",
    "Dialect",
    "Failure",
    "OutputError",
    "Parameters",
    "PayloadError",
    "Picture",
    "Result",
    "Source",
    "WorkflowError",
    "build",
    "check_workflow",
    "classify",
    "cost_in",
    "read",
    "result_from",
]

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (*public.DIALECTS, *own.DIALECTS, comfyui.DIALECT)}


def build(
    dialect: str,
    parameters: Parameters,
    *,
    sources: Sequence[Source] = (),
    workflow: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the `input` of a /run for one picture.

    `workflow` is the template of a comfyui model (see `check_workflow`), no other dialect takes one. Raises
    PayloadError when the dialect cannot carry what is asked for (`Dialect.accepts`, `sizes`, `min_sources`,
    `max_sources`), so that nothing is left out silently, and WorkflowError, one of its kind, for a template
    that does not fit.
    """
    chosen = _dialect(dialect)
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
    return read_report(report, seed_of=_dialect(dialect).seed_of)


def _dialect(name: str) -> Dialect:
    try:
        return DIALECTS[name]
    except KeyError:
        raise PayloadError(f"there is no dialect {name!r}") from None
