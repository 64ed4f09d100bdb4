"""A Redis cache that may be down: pages work without it wherever it only saves work."""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from artgen.refusals import Unavailable

MAX_LOCAL_VALUES = 1000  # that a process keeps in memory
INCREMENT = "return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('INCRBY', KEYS[1], ARGV[1])"
"""Returns nil if the key is missing: INCRBY alone would create it without an expiry."""


class CacheAway(Unavailable):
    """The cache does not respond, and the request cannot go on without it."""

    part = "cache"
    text = gettext_lazy("The rate limiter isn’t responding. Nothing was changed. Try again later.")


class _Clients(RedisCacheClient):
    """Keeps one client per pool: Django makes one per command, which takes longer than it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client of the pool, which is thread-safe."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # its types leave it out
        if pool not in self._kept:
            self._kept[pool] = super().get_client(key, write=write)
        return self._kept[pool]


class ForgivingRedisCache(RedisCache):
    """RedisCache that behaves like an empty cache while Redis is down.

    Methods on which limits (`add`, `incr`, `decr`) and the end of sessions (`delete`) depend raise
    `CacheAway` instead.
    """

    local: ClassVar[dict[str, tuple[float, Any]]] = {}
    """Values of `remembered` in this process's memory, each with the time when it expires."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Clients

    def clear(self) -> None:
        self.local.clear()
        super().clear()

    def get(self, key: object, default: object = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError:
            return default

    def set(
        self,
        key: object,
        value: object,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Store the value; do nothing while Redis is down."""
        with contextlib.suppress(RedisError):
            super().set(key, value, timeout, version)

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        try:
            return super().get_many(keys, version)
        except RedisError:
            return {}

    def set_many(
        self,
        data: dict[Any, Any],
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> list[Any]:
        """Store the values and return the keys that could not be stored."""
        try:
            return super().set_many(data, timeout, version)
        except RedisError:
            return list(data)

    def add(
        self,
        key: object,
        value: object,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Store the value if there is none and return whether it was stored; raise `CacheAway`."""
        try:
            return super().add(key, value, timeout, version)
        except RedisError as error:
            raise CacheAway from error

    def run_script(self, script: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run a Lua script for each key with its arguments, in one round trip.

        Returns the results in order; raises `CacheAway`.
        """
        named = [(self.make_and_validate_key(key), arguments) for key, arguments in calls]
        if not named:
            return []
        try:
            client = self._cache.get_client(named[0][0], write=True)
            with client.pipeline(transaction=False) as batch:
                for key, arguments in named:
                    batch.eval(script, 1, key, *arguments)
                return list(batch.execute())
        except RedisError as error:
            raise CacheAway from error

    def incr(self, key: object, delta: int = 1, version: int | None = None) -> int:
        """Add `delta` and return the count, in one round trip; raise `CacheAway`."""
        full_key = self.make_and_validate_key(key, version=version)
        try:
            count = self._cache.get_client(full_key, write=True).eval(INCREMENT, 1, full_key, delta)
        except RedisError as error:
            raise CacheAway from error
        if count is None:
            raise ValueError(f"the key {key} is missing")
        return int(count)

    def delete(self, key: object, version: int | None = None) -> bool:
        """Delete the value and return whether there was one; raise `CacheAway`."""
        try:
            return super().delete(key, version)
        except RedisError as error:
            raise CacheAway from error

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        try:
            super().delete_many(keys, version)
        except RedisError as error:
            raise CacheAway from error


def redis_cache() -> ForgivingRedisCache:
    """Return the cache of this thread, with what only Redis can do."""
    return cast(ForgivingRedisCache, caches["default"])


def remembered(
    seconds: Mapping[str, float],
    compute: Callable[[list[str]], Mapping[str, Any]],
    *,
    expired: Collection[str] = (),
) -> dict[str, Any]:
    """Return the values of all keys, none older than its `seconds`; `compute` returns missing ones.

    Values of `expired` keys are computed again, however old they are.

    Takes no round trip if this process has all of them in memory, one to read the others, a second
    one to store computed ones. Each value is stored with the time when it expires.
    """
    now = time.time()
    shared = redis_cache()
    local = shared.local

    def fresh(values: Mapping[str, tuple[float, Any]]) -> dict[str, tuple[float, Any]]:
        entries = ((key, values.get(key)) for key in seconds)  # another thread may clear `values`
        return {
            key: entry
            for key, entry in entries
            if entry is not None and now < entry[0] <= now + seconds[key] and key not in expired
        }

    entries = fresh(local)
    if unknown := [key for key in seconds if key not in entries]:
        entries |= fresh(shared.get_many(unknown))
        if missing := [key for key in seconds if key not in entries]:
            computed = compute(missing)
            new = {key: (now + seconds[key], computed[key]) for key in missing}
            shared.set_many(new, max(seconds[key] for key in missing))
            entries |= new
        if len(local) > MAX_LOCAL_VALUES:
            local.clear()
        local.update(entries)
    return {key: value for key, (_expires_at, value) in entries.items()}
