"""Redis as a cache that may be away: what is remembered there only saves work, so pages go on without it."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """RedisCache that knows nothing and keeps nothing while Redis is away.

    `add` and `incr`, with which tries are counted, raise nevertheless: a limit that nobody counts is none.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is remembered, else the default."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return _away(error, default)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Remember the value, if that is possible."""
        try:
            super().set(key, value, *args, **kwargs)
        except RedisError as error:
            _away(error, None)


def _away(error: RedisError, answer: Any) -> Any:
    log.warning("the cache cannot be reached", extra={"error": repr(error)})
    return answer
