"""A provider's report on a job, in our terms."""

import enum
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

log = logging.getLogger(__name__)


class RemoteState(enum.Enum):
    """The state of a job at its provider."""

    QUEUED = "queued"  # accepted, no worker has taken it
    RUNNING = "running"  # a worker has it, or the state is unknown
    COMPLETED = "completed"  # the handler returned, with or without an image
    FAILED = "failed"  # the handler raised or returned an error
    CANCELED = "canceled"  # somebody stopped it
    TIMED_OUT = "timed_out"  # past its time, or the worker went silent

    @property
    def final(self) -> bool:
        return self not in (RemoteState.QUEUED, RemoteState.RUNNING)


def state_of(word: object, states: Mapping[str, RemoteState], *, provider: str) -> RemoteState:
    """Return our state for one of a provider's; log an unknown one and return RUNNING."""
    state = states.get(word.strip().upper()) if isinstance(word, str) else None
    if state is None:
        log.warning("%s sent an unknown job status %.60r; treated as running", provider, word)
        return RemoteState.RUNNING
    return state


MAX_ID_LENGTH = 100
MAX_MILLISECONDS = 10_000_000_000  # 115 days; what is larger is not a duration


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a provider has replied about a job."""

    remote_id: str
    state: RemoteState
    progress: float | None = None  # 0–1, only while running
    step: int | None = None
    steps: int | None = None
    output: Any = None  # while running: the worker's last progress update; then: `payloads.read`
    error: str = ""  # the vendor's text, often with a traceback; for staff only
    delay_ms: int | None = None
    execution_ms: int | None = None
    worker_id: str = ""
    retries: int = 0
    body: Any = None  # the whole reply, to be kept if its output cannot be read

    @property
    def has_run(self) -> bool:
        """Whether a worker has begun the job: it is charged, however it ends.

        A job that was canceled or timed out in the queue has no worker and no execution time.
        """
        return (
            self.state in (RemoteState.RUNNING, RemoteState.COMPLETED, RemoteState.FAILED)
            or bool(self.execution_ms)
            or bool(self.worker_id)
        )


def is_job_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH and value.isprintable()


def milliseconds(value: object) -> int | None:
    """Return a duration in a reply, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MAX_MILLISECONDS else None
