"""What is remembered for a while, several values at a time."""

import time
from collections.abc import Iterator
from unittest import mock

import pytest
from django.core.cache import cache

from artgen.redis.cache import remembered


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


class Counter:
    """Computes values and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, keys: list[str]) -> dict[str, int]:
        self.asked.append(keys)
        return dict.fromkeys(keys, len(self.asked))


def test_it_computes_what_is_missing_or_older_than_it_may_be() -> None:
    compute, start = Counter(), 1_000_000.0
    seconds = {"line": 2.0, "speed": 15.0}
    for later, expected in (
        (0, {"line": 1, "speed": 1}),
        (1.9, {"line": 1, "speed": 1}),
        (2.1, {"line": 2, "speed": 1}),
        (15.1, {"line": 3, "speed": 3}),
    ):
        with mock.patch("artgen.redis.cache.time.time", return_value=start + later):
            assert remembered(seconds, compute) == expected
    assert compute.asked == [["line", "speed"], ["line"], ["line", "speed"]]


def test_it_believes_nothing_that_a_clock_ahead_of_ours_has_kept() -> None:
    compute = Counter()
    with mock.patch("artgen.redis.cache.time.time", return_value=2_000_000.0):
        remembered({"line": 2.0}, compute)
    with mock.patch("artgen.redis.cache.time.time", return_value=1_000_000.0):
        assert remembered({"line": 2.0}, compute) == {"line": 2}


def test_it_drops_its_copy_with_that_in_redis() -> None:
    compute, start = Counter(), time.time()
    with mock.patch("artgen.redis.cache.time.time", return_value=start):
        remembered({"line": 2.0}, compute)
    cache.delete("line")
    with mock.patch("artgen.redis.cache.time.time", return_value=start + 1.9):
        assert remembered({"line": 2.0}, compute) == {"line": 1}
    with mock.patch("artgen.redis.cache.time.time", return_value=start + 2.1):
        assert remembered({"line": 2.0}, compute) == {"line": 2}
    cache.clear()
    with mock.patch("artgen.redis.cache.time.time", return_value=start + 2.2):
        assert remembered({"line": 2.0}, compute) == {"line": 3}
