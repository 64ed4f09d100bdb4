"""A job of the emulator, in RunPod's terms."""

import time
import uuid
from dataclasses import dataclass, field

GONE = "GONE"  # past its ttl
FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})


@dataclass(slots=True)
class Accepted:
    """What is recorded of a job for good. Times are real, in seconds since the epoch."""

    id: str
    endpoint: str
    prompt: str
    seed: object
    webhook: str
    fault: str
    webhook_fault: str
    accepted_at: float
    usd: float = 0  # what the account pays once a worker has begun it
    gone_at: float | None = None  # since then it does not run any more
    state: str = ""  # then: a final state, or GONE
    has_run: bool = False  # a worker has begun it


@dataclass(slots=True)
class EmulatedJob:
    """A job from /run until the end of its retention. Times are emulated seconds."""

    endpoint: str
    input: dict[str, object]
    dialect: str
    webhook: str = ""
    execution_timeout: float = 600.0
    ttl: float = 86_400.0
    origin: str = ""  # base URL of the emulator's files, as used by the caller
    created: float = 0.0
    id: str = field(default_factory=lambda: f"{uuid.uuid4()}-u1")
    state: str = "IN_QUEUE"
    started: float | None = None
    finished: float | None = None
    output: object = None
    has_output: bool = False
    error: str = ""
    worker: str = ""
    retries: int = 0
    fault: str = ""
    webhook_fault: str = ""
    run: int = 0  # incremented when the job changes hands; events of older runs are ignored
    painted: float = 0.0  # progress of the painter, 0..1
    reads: int = 0  # of its status
    record: "Accepted | None" = None
    provider: str = "runpod"

    @property
    def final(self) -> bool:
        return self.state in FINAL

    def begin(self, *, at: float, worker: str) -> None:
        self.state, self.started, self.worker = "IN_PROGRESS", at, worker
        if self.record is not None:
            self.record.has_run = True

    def record_end(self, state: str) -> None:
        """Note in the record that the job does not run any more."""
        if self.record is not None:
            self.record.state, self.record.gone_at = state, time.time()

    def report(self) -> dict[str, object]:
        body: dict[str, object] = {"id": self.id, "status": self.state}
        if self.started is not None:
            body["delayTime"] = round((self.started - self.created) * 1000)
            body["workerId"] = self.worker
        if self.finished is not None and self.started is not None:
            body["executionTime"] = round((self.finished - self.started) * 1000)
        if self.has_output:
            body["output"] = self.output
        if self.error:
            body["error"] = self.error
        if self.retries:
            body["retries"] = self.retries
        return body
