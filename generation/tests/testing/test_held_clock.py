"""The held clock of tests."""

import time
from concurrent.futures import ThreadPoolExecutor

from generation.testing.clock import held_clock


def clocks() -> tuple[float, float]:
    return time.time(), time.monotonic()


def test_it_holds_the_clock_for_this_thread_alone() -> None:
    with ThreadPoolExecutor(1) as other, held_clock():
        held = clocks()
        while other.submit(time.monotonic).result() <= held[1]:
            pass
        assert clocks() == held
        with held_clock(later=60):
            assert clocks() == (held[0] + 60, held[1])
        assert clocks() == held
    while time.monotonic() <= held[1]:
        pass
    assert time.time() >= held[0]
