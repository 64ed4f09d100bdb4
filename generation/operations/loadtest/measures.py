"""Measurements of a load test: duration of steps, errors, results of jobs."""

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

QUANTILES = (0.5, 0.95, 0.99)


class StepFailed(Exception):
    """A step failed; `why` is short and the same for errors of one kind."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Notes:
    """Measurements, recorded only while `open`: after all users have started."""

    open: bool = False
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    finished: int = 0
    failed: int = 0
    waits: list[float] = field(default_factory=list)  # seconds from placing to the final event

    @contextmanager
    def step(self, kind: str) -> Iterator[None]:
        """Record the duration of the block, and StepFailed as an error, which is raised again."""
        counts, began = self.open, time.perf_counter()
        try:
            yield
        except StepFailed as failure:
            if counts:
                self.errors[f"{kind}: {failure.why}"] += 1
            raise
        finally:
            if counts:
                self.seconds[kind].append(time.perf_counter() - began)

    def table(self) -> dict[str, dict[str, float]]:
        """Return {"count", "p50", "p95", "p99"} (ms) per kind of step, and of all under ""."""
        every = [value for values in self.seconds.values() for value in values]
        return {
            kind: _row(values)
            for kind, values in {"": every, **dict(sorted(self.seconds.items()))}.items()
        }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the quantile (nearest rank); 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def own_processor_seconds() -> float:
    """Return the CPU seconds used by this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row(values: list[float]) -> dict[str, Any]:
    return {"count": len(values)} | {
        f"p{round(share * 100)}": round(quantile(values, share) * 1000, 1) for share in QUANTILES
    }
