"""Parse WaveSpeed's report on a job, once.

Source: https://wavespeed.ai/docs/get-result, and the package wavespeed 2.0.5.
"""

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

STATES = {
    "CREATED": RemoteState.QUEUED,
    "PENDING": RemoteState.QUEUED,
    "PROCESSING": RemoteState.RUNNING,
    "COMPLETED": RemoteState.COMPLETED,
    "FAILED": RemoteState.FAILED,
    "CANCELLED": RemoteState.CANCELED,
    "CANCELED": RemoteState.CANCELED,
    "DELETED": RemoteState.CANCELED,
    "TIMEOUT": RemoteState.TIMED_OUT,
}


class InvalidPrediction(ValueError):
    """The reply is not a report on a job: no object with an id and a status."""


def prediction_in(body: object) -> Mapping[str, Any]:
    """Return the prediction in a decoded reply, which wraps it in `data`.

    Raises InvalidPrediction.
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    prediction = data if isinstance(data, Mapping) else body
    if not isinstance(prediction, Mapping) or not is_job_id(prediction.get("id")):
        raise InvalidPrediction("the reply has no job id")
    return prediction


def parse_state(word: object) -> RemoteState:
    return state_of(word, STATES, provider="WaveSpeed")


def parse_prediction(body: object) -> JobReport:
    """Return the report in a decoded JSON body; a malformed optional field is ignored.

    Its output is `{"images": outputs}`, as `payloads.read` reads it. Raises InvalidPrediction.
    """
    prediction = prediction_in(body)
    word = prediction.get("status")
    if not isinstance(word, str) or not word:
        raise InvalidPrediction("the reply has no status")
    outputs, error = prediction.get("outputs"), prediction.get("error")
    state = parse_state(word)
    if state is RemoteState.COMPLETED and _is_refused(prediction):
        state, outputs, error = RemoteState.FAILED, None, "NSFW content (has_nsfw_contents)"
    return JobReport(
        remote_id=prediction["id"],
        state=state,
        output=None if outputs in (None, [], "") else {"images": outputs},
        error=storable(error if isinstance(error, str) else str(error)) if error else "",
        execution_ms=_execution_ms(prediction),
        body=body,
    )


def _is_refused(prediction: Mapping[str, Any]) -> bool:
    """Return whether WaveSpeed has marked each image as NSFW."""
    marks = prediction.get("has_nsfw_contents")
    marks = marks if isinstance(marks, list) else [marks]
    return bool(marks) and all(mark is True for mark in marks)


def _execution_ms(prediction: Mapping[str, Any]) -> int | None:
    timings = prediction.get("timings")
    inference = timings.get("inference") if isinstance(timings, Mapping) else None
    value = inference if inference is not None else prediction.get("executionTime")
    return milliseconds(value) or None
