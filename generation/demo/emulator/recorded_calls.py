"""The record of API requests."""

import threading
from collections import deque
from dataclasses import dataclass

MAX_CALLS = 50_000
MAX_BYTES = 256 * 1024 * 1024  # of request bodies; one with a source image has up to 10 MB


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    call: str  # run, status, cancel, health, models or chat
    endpoint: str
    job_id: str
    json: object
    fault: str


class Calls:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[tuple[Call, int]] = deque()
        self._bytes = 0

    def add(self, call: Call, *, size: int) -> None:
        """Add a request with a body of `size` bytes; drop the oldest ones beyond the limits."""
        with self._lock:
            self._calls.append((call, size))
            self._bytes += size
            while len(self._calls) > MAX_CALLS or (
                self._bytes > MAX_BYTES and len(self._calls) > 1
            ):
                _, gone = self._calls.popleft()
                self._bytes -= gone

    def all(self) -> list[Call]:
        with self._lock:
            return [call for call, _ in self._calls]
