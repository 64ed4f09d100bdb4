"""Decode one image at a time in each process.

Memory grows with pixels, not with the size of a file: 2 kB of PNG can have 50 million pixels.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.Lock()


class TurnTimeout(Exception):
    """Other images were being decoded all the time that the caller wanted to wait."""


@contextmanager
def alone(*, wait_seconds: float | None = None) -> Iterator[None]:
    """Allow decoding inside the block. Raises TurnTimeout after `wait_seconds`; None waits."""
    if not _turn.acquire(timeout=-1 if wait_seconds is None else wait_seconds):
        raise TurnTimeout
    try:
        yield
    finally:
        _turn.release()
