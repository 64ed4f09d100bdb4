"""The last tick, as the cache remembers it: how others see that beat and a worker are alive."""

from datetime import datetime

from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

KEY = "heartbeat"


def beat() -> None:
    """Note that a tick has just been done."""
    cache.set(KEY, timezone.now(), timeout=None)


def last() -> datetime | None:
    """Return when the last tick was done; None when nobody remembers one."""
    found: datetime | None = cache.get(KEY)
    return found


def is_shared() -> bool:
    """Tell whether `last` knows the ticks of other processes: a cache in memory does not."""
    return not isinstance(caches["default"], LocMemCache)
