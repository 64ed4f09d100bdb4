"""artgen.redis.wakeups: what a lane has to do, each call once, oldest first."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import override_settings

from artgen.redis import wakeups
from generation.testing.services import free_port


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_it_has_each_call_once_and_the_oldest_first() -> None:
    for model in ("z", "a", "z"):
        wakeups.add("drive", "check", model)
    wakeups.add("store", "store")
    taken = [wakeups.take("drive", seconds=0.001) for _ in range(3)]
    assert taken == [["check", "z"], ["check", "a"], None]
    assert wakeups.take("store") == ["store"]


def test_what_was_taken_can_be_added_again() -> None:
    for _ in range(2):
        wakeups.add("drive", "check", "a")
        assert wakeups.take("drive") == ["check", "a"]


def test_it_adds_nothing_while_redis_is_away() -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"):
        wakeups.add("drive", "check", "a")
    assert wakeups.take("drive", seconds=0.001) is None
