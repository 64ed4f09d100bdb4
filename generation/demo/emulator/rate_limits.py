"""RunPod's rate limits per endpoint and operation: requests in 10 seconds, and concurrent ones.

Source: https://docs.runpod.io/serverless/endpoints/send-requests#rate-limits-and-quotas
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator

WINDOW = 10.0
LIMITS: dict[str, tuple[int, int]] = {
    "run": (1000, 200),
    "status": (2000, 400),
    "cancel": (100, 20),
}


class RateLimits:
    def __init__(self, *, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._recent: dict[tuple[str, str], deque[float]] = {}
        self._under_way: dict[tuple[str, str], int] = {}

    @contextlib.contextmanager
    def admit(self, endpoint: str, call: str) -> Iterator[bool]:
        """Yield whether one more request is allowed, and count it while it is running."""
        if call not in LIMITS:
            yield True
            return
        most, at_once = LIMITS[call]
        key, now = (endpoint, call), self._clock() * self._speed
        recent = self._recent.setdefault(key, deque())
        while recent and recent[0] <= now - WINDOW:
            recent.popleft()
        if len(recent) >= most or self._under_way.get(key, 0) >= at_once:
            yield False
            return
        recent.append(now)
        self._under_way[key] = self._under_way.get(key, 0) + 1
        try:
            yield True
        finally:
            self._under_way[key] -= 1
