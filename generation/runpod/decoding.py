"""Limit the pixels that a process decodes at the same time.

Memory grows with pixels, not with the size of a file: 2 kB of PNG can have 50 million pixels. So
each decoder takes the pixels of its image from one budget of the process, in order of arrival.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from generation.runpod.image import MAX_PIXELS


class Busy(Exception):
    """Other images were being decoded all the time that the caller wanted to wait."""


class PixelBudget:
    """Let callers decode at the same time while their pixels sum to at most `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free = limit
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """The number of callers that wait."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def spend(
        self, pixels: int | None = None, *, wait_seconds: float | None = None
    ) -> Iterator[None]:
        """Allow decoding this many pixels inside the block; None: exclusively.

        Waits in order of arrival, so that a large image does not starve. Raises Busy
        after `wait_seconds`; None waits until it is possible.
        """
        taken = self.limit if pixels is None else min(pixels, self.limit)
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                ready = self._changed.wait_for(
                    lambda: self._waiting[0] is ticket and self._free >= taken, wait_seconds
                )
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
            if not ready:
                raise Busy
            self._free -= taken
        try:
            yield
        finally:
            with self._changed:
                self._free += taken
                self._changed.notify_all()


BUDGET = PixelBudget(MAX_PIXELS)
"""That of this process."""
