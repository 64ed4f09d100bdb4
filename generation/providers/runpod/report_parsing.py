"""Parse RunPod's report on a job, once."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from artgen.http.untrusted import storable
from generation.providers.job_report import (
    JobReport,
    RemoteState,
    is_job_id,
    milliseconds,
    state_of,
)

# https://docs.runpod.io/serverless/endpoints/job-states: the page has RUNNING, the API IN_PROGRESS.
STATES = {
    "IN_QUEUE": RemoteState.QUEUED,
    "IN_PROGRESS": RemoteState.RUNNING,
    "RUNNING": RemoteState.RUNNING,
    "COMPLETED": RemoteState.COMPLETED,
    "FAILED": RemoteState.FAILED,
    "CANCELLED": RemoteState.CANCELED,
    "CANCELED": RemoteState.CANCELED,
    "TIMED_OUT": RemoteState.TIMED_OUT,
}


class InvalidReport(ValueError):
    """The reply is not a report on a job: not an object, or without id or status."""


def parse_state(word: object) -> RemoteState:
    return state_of(word, STATES, provider="RunPod")


def parse_report(body: object) -> JobReport:
    """Return the report in a decoded JSON body.

    Every field except id and status is optional; a malformed one is ignored. Raises InvalidReport.
    Source: https://docs.runpod.io/serverless/endpoints/send-requests (`/status`).
    """
    if not isinstance(body, Mapping):
        raise InvalidReport(f"expected a JSON object, got {type(body).__name__}")
    remote_id, word = body.get("id"), body.get("status")
    if not is_job_id(remote_id):
        raise InvalidReport("the reply has no job id")
    if not isinstance(word, str) or not word:
        raise InvalidReport("the reply has no status")
    state = parse_state(word)
    output = body.get("output")
    progress, step, steps = (
        parse_progress(output) if state is RemoteState.RUNNING else (None, None, None)
    )
    worker_id = body.get("workerId")
    return JobReport(
        remote_id=remote_id,
        state=state,
        progress=progress,
        step=step,
        steps=steps,
        output=output,
        error=_text(body.get("error")),
        delay_ms=milliseconds(body.get("delayTime")),
        execution_ms=milliseconds(body.get("executionTime")),
        worker_id=storable(worker_id) if isinstance(worker_id, str) else "",
        retries=milliseconds(body.get("retries")) or 0,
        body=body,
    )


MAX_STEPS = 1_000_000  # a larger number is not a step
_STEPS = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_STEP_KEYS = ("step", "current_step", "current", "value")
_STEPS_KEYS = ("steps", "total_steps", "total", "max")
_PROGRESS_KEYS = ("progress", "percent", "percentage")

ProgressUpdate = tuple[float | None, int | None, int | None]
"""(progress from 0 to 1, step, number of steps)."""


def parse_progress(output: object) -> ProgressUpdate:
    """Return the progress that a worker sent with `progress_update`; all None for anything else.

    A worker may send any JSON. Supported are numbers (0–1, or percent), "12/28", "43%",
    {"progress": …} and {"step": k, "steps" or "total": n}.
    Source: https://docs.runpod.io/serverless/workers/handler-functions#progress-updates
    """
    if isinstance(output, Mapping):
        step, steps = _whole(output, _STEP_KEYS), _whole(output, _STEPS_KEYS)
        if step is not None and steps is not None and 0 <= step <= steps and steps > 0:
            return step / steps, step, steps
        for key in _PROGRESS_KEYS:
            inner = output.get(key)
            if inner is not None and not isinstance(inner, Mapping):
                return parse_progress(inner)
        return None, None, None
    if isinstance(output, str):
        return _progress_of_text(output)
    number = _number(output)
    return (None if number is None else _fraction(number)), None, None


def _progress_of_text(text: str) -> ProgressUpdate:
    if match := _STEPS.search(text[:200]):
        step, steps = int(match[1]), int(match[2])
        if 0 <= step <= steps and steps > 0:
            return step / steps, step, steps
        return None, None, None
    if match := _PERCENT.search(text[:200]):
        percent = float(match[1])
        return (percent / 100 if percent <= 100 else None), None, None
    try:
        return _fraction(float(text)), None, None
    except ValueError:
        return None, None, None


def _fraction(number: int | float) -> float | None:
    # The integer 1 means one percent: a bar that is briefly too low is better than a full one.
    if not math.isfinite(number) or not 0 <= number <= 100:
        return None
    return (
        number / 100 if number > 1 or (number == 1 and isinstance(number, int)) else float(number)
    )


def _number(value: object) -> int | float | None:
    """Return a finite number that a float can hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer above 1.8e308
        return None


def _whole(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        value = mapping.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_STEPS:
            return value
    return None


def _text(value: object) -> str:
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return storable(text)
