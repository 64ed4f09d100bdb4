"""Measurements of a load test: duration of steps, errors, results of jobs."""

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class StepFailed(Exception):
    """A step failed; the text is short and the same for errors of one kind."""


@dataclass
class Notes:
    """Measurements, recorded only while `open`: after all users have started."""

    open: bool = False
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    finished: int = 0
    waits: list[float] = field(default_factory=list)  # seconds from placing to the final event

    @contextmanager
    def step(self, kind: str) -> Iterator[None]:
        """Record the duration of the block, and StepFailed as an error, which is raised again."""
        counts, began = self.open, time.perf_counter()
        try:
            yield
        except StepFailed as failure:
            self.errors[f"{kind}: {failure}"] += counts
            raise
        finally:
            if counts:
                self.seconds[kind].append(time.perf_counter() - began)


def own_processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
