"""Limit how many threads of this process wait for something slow, so that pages have some left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

_every = threading.BoundedSemaphore(settings.HELD_THREADS)


class Threads:
    """Threads that may wait for one thing: at most `limit`, and with those of others HELD_THREADS.

    `busy` makes the refusal of one more.
    """

    def __init__(
        self, *, busy: Callable[[], Exception], limit: int = settings.WAITING_THREADS
    ) -> None:
        self._own = threading.BoundedSemaphore(limit)
        self._busy = busy

    def hold(self) -> None:
        """Take one at once, or raise the refusal."""
        if not self._own.acquire(blocking=False):
            raise self._busy()
        if not _every.acquire(blocking=False):
            self._own.release()
            raise self._busy()

    def let_go(self) -> None:
        _every.release()
        self._own.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        self.hold()
        try:
            yield
        finally:
            self.let_go()
