"""What a lane has to do: names of tasks with their arguments, each at most once.

Each lane has a sorted set in Redis, oldest first. A slot takes an entry before it reads any row:
what becomes due afterwards is added again. An entry may be lost, with the process that
has taken it or with Redis; rows say what is due, and the tick adds it again.
"""

import contextlib
import time
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from artgen.redis import redis_clients

WAIT_SECONDS = 2.0  # the longest that a waiting slot delays the end of its process


def add(lane: str, task: str, *arguments: str) -> None:
    """Wake a slot of the lane, unless this waits for one already; do nothing without Redis."""
    entry = " ".join((task, *arguments))
    with contextlib.suppress(RedisError):
        _client(settings.REDIS_URL, 0).zadd(_key(lane), {entry: time.time()}, nx=True)


def take(lane: str, *, seconds: float = WAIT_SECONDS) -> list[str] | None:
    """Remove the oldest entry and return its words; None if there is none within `seconds`.

    Raises RedisError.
    """
    entry: Any = _client(settings.REDIS_URL, WAIT_SECONDS).bzpopmin(_key(lane), seconds)
    return str(entry[1], "utf-8").split(" ") if entry else None


def _key(lane: str) -> str:
    return f"lane:{lane}"


@cache
def _client(url: str, wait_seconds: float) -> Redis:
    return redis_clients.client(url, wait_seconds=wait_seconds)
