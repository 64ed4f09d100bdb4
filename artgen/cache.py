"""Redis as a cache that may be away: what is remembered there only saves work, so pages go on without it."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from artgen.refusals import Unavailable

log = logging.getLogger(__name__)

NEAR_MOST = 1000  # values that a process keeps beside Redis


class CacheAway(Unavailable):
    """The cache does not respond, and the request cannot go on without it."""

    part = "cache"
    text = gettext_lazy("The rate limiter isn’t responding. Nothing was changed. Try again later.")


class _Clients(RedisCacheClient):
    """Keeps the client of each pool: Django makes one for each command, which takes longer than most commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client of the pool; it may be used by several threads."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # its types leave it out
        if pool not in self._kept:
            self._kept[pool] = super().get_client(key, write=write)
        return self._kept[pool]


class ForgivingRedisCache(RedisCache):
    """RedisCache that knows nothing and keeps nothing while Redis is away.

    `add`, `incr` and `decr`, with which tries are counted, and `delete`, with which sessions end, raise `CacheAway`
    nevertheless: a limit that nobody counts is none, and a session that is still remembered has not ended.
    """

    near: ClassVar[dict[str, tuple[float, Any]]] = {}
    """What this process has got from `token_cache`, so that it need not be unpacked again; with the time of its end."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Clients

    def clear(self) -> None:
        """Forget everything."""
        self.near.clear()
        super().clear()

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

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return what is remembered of these."""
        try:
            return super().get_many(keys, version)
        except RedisError as error:
            none: dict[Any, Any] = _away(error, {})
            return none

    def known(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return what is remembered of these; raise `CacheAway`, for whom nothing known is not nothing there."""
        try:
            return super().get_many(keys)
        except RedisError as error:
            raise CacheAway from error

    def set_many(self, data: dict[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Remember the values, if that is possible; return the keys of those that are not remembered."""
        try:
            return super().set_many(data, *args, **kwargs)
        except RedisError as error:
            not_set: list[Any] = _away(error, list(data))
            return not_set

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Remember the value where there is none and return whether it is; raise `CacheAway`."""
        try:
            return super().add(key, value, *args, **kwargs)
        except RedisError as error:
            raise CacheAway from error

    def counted(self, key: str, seconds: float) -> int:
        """Count up from 0, kept for so long from the first time on, and return the count; raise `CacheAway`.

        One round trip, where `add` and `incr` take three.
        """
        made = self.make_and_validate_key(key)
        try:
            with self._cache.get_client(made, write=True).pipeline(transaction=False) as batch:
                batch.set(made, 0, px=max(1, round(seconds * 1000)), nx=True)
                batch.incr(made)
                return int(batch.execute()[1])
        except RedisError as error:
            raise CacheAway from error

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count up, or down by a negative delta, and return the count; raise `CacheAway`."""
        try:
            return super().incr(key, delta, version)
        except RedisError as error:
            raise CacheAway from error

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value and return whether there was one; raise `CacheAway`."""
        try:
            return super().delete(key, version)
        except RedisError as error:
            raise CacheAway from error

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """Forget the values; raise `CacheAway`."""
        try:
            super().delete_many(keys, version)
        except RedisError as error:
            raise CacheAway from error


def counted(key: str, seconds: float) -> int:
    """Count up from 0, kept for so long from the first time on, and return the count; raise `CacheAway`."""
    shared = caches["default"]
    if isinstance(shared, ForgivingRedisCache):
        return shared.counted(key, seconds)
    return 1 if shared.add(key, 1, seconds) else shared.incr(key)


def _away(error: RedisError, answer: Any) -> Any:
    log.warning("the cache cannot be reached", extra={"error": repr(error)})
    return answer


def remembered(
    seconds: Mapping[str, float], compute: Callable[[list[str]], Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the values of all keys, none older than its `seconds`; `compute` returns those that are not remembered.

    Takes one round trip, and a second one where something was computed, however different the ages are: so each value
    is kept together with the time at which it ends. None where this process has had all of them since.
    """
    now = time.time()
    shared = caches["default"]
    near = shared.near if isinstance(shared, ForgivingRedisCache) else {}

    def fresh(kept: Mapping[str, tuple[float, Any]]) -> dict[str, tuple[float, Any]]:
        some = ((key, kept.get(key)) for key in seconds)  # another thread may be clearing it
        return {
            key: one for key, one in some if one is not None and now < one[0] <= now + seconds[key]
        }

    found = fresh(near)
    if unknown := [key for key in seconds if key not in found]:
        found |= fresh(shared.get_many(unknown))
        if missing := [key for key in seconds if key not in found]:
            made = compute(missing)
            new = {key: (now + seconds[key], made[key]) for key in missing}
            shared.set_many(new, max(seconds[key] for key in missing))
            found |= new
        if len(near) > NEAR_MOST:
            near.clear()
        near.update(found)
    return {key: value for key, (_until, value) in found.items()}
