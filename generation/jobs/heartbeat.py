"""Time of the last tick, in the cache: shows other processes that beat and a worker run."""

from datetime import datetime, timedelta

from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

KEY = "heartbeat"
LATE = timedelta(seconds=30)  # ticks come every 2 s


def beat() -> None:
    """Store that a tick has just run."""
    cache.set(KEY, timezone.now(), timeout=None)


def last() -> datetime | None:
    """Return the time of the last tick, None if it is unknown."""
    found: datetime | None = cache.get(KEY)
    return found


def is_late() -> bool:
    """Return whether no tick has run for LATE, or none is known; False if ticks are not visible."""
    found = last()
    return is_shared() if found is None else timezone.now() - found > LATE


def is_shared() -> bool:
    """Return whether other processes see the ticks: not with a cache in memory."""
    return not isinstance(caches["default"], LocMemCache)
