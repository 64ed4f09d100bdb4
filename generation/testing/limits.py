"""The time of a test: its setup, call and teardown fail after two minutes, and say where they hung.

`@pytest.mark.limit(600)` beside a test gives it ten minutes.
"""

import faulthandler
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SECONDS = 120
AGAIN = 60  # if what ends the test hangs, too


@contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    """Fail in the main thread after the time of the test, with the places of all threads."""
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else SECONDS

    def fail(*_: object) -> None:
        with tempfile.TemporaryFile("w+") as places:
            faulthandler.dump_traceback(places)
            places.seek(0)
            pytest.fail(f"{item.name} took more than {seconds} s.\n{places.read()}")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with limited(item):
        return (yield)


pytest_runtest_call = pytest_runtest_teardown = pytest_runtest_setup
