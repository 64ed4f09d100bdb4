"""How far long work is, on standard error: lines that scripts which read the output do not see."""

import time
from typing import Protocol


class Screen(Protocol):
    def write(self, msg: str) -> object:
        """Print a line."""


class ProgressCounter:
    """Counts things that are done and prints the count every EVERY_SECONDS."""

    EVERY_SECONDS = 5.0

    def __init__(self, screen: Screen | None, noun: str, *, total: int | None = None) -> None:
        self._screen, self._noun, self._total = screen, noun, total
        self._start = self._printed_at = time.monotonic()
        self.done = 0

    def advance(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if self._screen is None or now - self._printed_at < self.EVERY_SECONDS:
            return
        self._printed_at = now
        of = "" if self._total is None else f" of {self._total:,}"
        self._screen.write(f"{self.done:,}{of} {self._noun}, {now - self._start:.0f} s …")
