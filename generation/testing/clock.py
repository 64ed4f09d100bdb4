"""Hold the clock of a test, so that no cached value expires between two of its requests."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock


@contextmanager
def held_clock(*, later: float = 0) -> Iterator[None]:
    """Hold the time of this thread at `later` seconds from now; others are unaffected.

    A test that counts queries or round trips is then right at any speed of the machine: what a
    request has cached in Redis, or in the memory of this process, the next one finds. `later` moves
    `time.time()` alone, by which values of `artgen.redis.cache` expire, not those that are in the memory
    of this process alone. `timezone.now()` and waits are not held.
    """
    with ExitStack() as patches:
        for name, more in (("time", later), ("monotonic", 0.0)):
            passing = getattr(time, name)
            held = _held(passing, passing() + more)
            patches.enter_context(mock.patch.object(time, name, held))
        yield


def _held(passing: Callable[[], float], at: float) -> Callable[[], float]:
    thread = threading.get_ident()
    return lambda: at if threading.get_ident() == thread else passing()
