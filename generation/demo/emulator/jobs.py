"""One job as the emulator keeps it, in RunPod's own words."""

import uuid
from dataclasses import dataclass, field
from typing import Any

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})


@dataclass(slots=True)
class EmulatedJob:
    """A job between /run and the end of its retention. Times are emulated seconds."""

    endpoint: str
    input: dict[str, Any]
    dialect: str
    webhook: str = ""
    execution_timeout: float = 600.0
    ttl: float = 86_400.0
    origin: str = ""  # where this emulator's files are reached, as the caller saw it
    created: float = 0.0
    id: str = field(default_factory=lambda: f"{uuid.uuid4()}-u1")
    state: str = "IN_QUEUE"
    started: float | None = None
    finished: float | None = None
    output: Any = None
    has_output: bool = False
    error: str = ""
    worker: str = ""
    retries: int = 0
    fault: str = ""
    webhook_fault: str = ""
    run: int = 0  # grows whenever the job changes hands; an event of an older run is void
    painted: float = 0.0  # 0..1, how far the painter has got

    @property
    def final(self) -> bool:
        """Tell whether the job has ended."""
        return self.state in FINAL

    def report(self) -> dict[str, Any]:
        """Return what GET /status answers."""
        body: dict[str, Any] = {"id": self.id, "status": self.state}
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
