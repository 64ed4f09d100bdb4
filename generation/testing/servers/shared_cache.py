"""The cache in Redis, which all processes share."""

import contextlib
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.test import override_settings

from artgen.redis.redis_clients import TIMEOUTS, Pool
from generation.testing.services import prepare_redis, running


def shared(url: str) -> override_settings:
    options = {"pool_class": Pool, **TIMEOUTS}
    backend = {
        "BACKEND": "artgen.redis.cache.ForgivingRedisCache",
        "LOCATION": url,
        "OPTIONS": options,
    }
    return override_settings(CACHES={"default": backend})


@contextlib.contextmanager
def own_redis() -> Iterator[str]:
    """Run a Redis that no other worker of pytest-xdist uses; yield its address.

    For a test that counts commands or subscribes to names: statistics and channels are of the whole
    server, not of one of its databases.
    """
    command, port, url = prepare_redis()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(command, port=port, log=Path(folder) / "redis.log", stop=signal.SIGKILL),
    ):
        yield url
