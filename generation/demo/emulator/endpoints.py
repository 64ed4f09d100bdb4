"""The queue and the workers of one emulated endpoint."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .jobs import EmulatedJob


@dataclass(slots=True)
class EmulatedEndpoint:
    """Waiting and running jobs, and the number of workers; RunPod sets 0 after an idle week."""

    name: str
    workers: int
    waiting: deque[EmulatedJob] = field(default_factory=deque)
    running: dict[str, EmulatedJob] = field(default_factory=dict)
    warm: bool = False
    counts: dict[str, int] = field(default_factory=lambda: {"completed": 0, "failed": 0})

    @property
    def free(self) -> int:
        return max(self.workers - len(self.running), 0)

    def health(self, jobs: Iterable[EmulatedJob]) -> dict[str, Any]:
        """Return the response of GET /health; `jobs` are those of this endpoint."""
        states = [job.state for job in jobs]
        return {
            "jobs": {
                "completed": self.counts["completed"],
                "failed": self.counts["failed"],
                "inProgress": states.count("IN_PROGRESS"),
                "inQueue": states.count("IN_QUEUE"),
                "retried": 0,
            },
            "workers": {
                "idle": self.free,
                "initializing": 0,
                "ready": self.free,
                "running": len(self.running),
                "throttled": 0,
                "unhealthy": 0,
            },
        }
