"""Time of the last tick, in the cache: shows other processes that beat and a worker run."""

from datetime import datetime

from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

KEY = "heartbeat"


def beat() -> None:
    """Store that a tick has just run."""
    cache.set(KEY, timezone.now(), timeout=None)


def last() -> datetime | None:
    """Return the time of the last tick, None if it is unknown."""
    found: datetime | None = cache.get(KEY)
    return found


def is_shared() -> bool:
    """Return whether other processes see the ticks: not with a cache in memory."""
    return not isinstance(caches["default"], LocMemCache)
