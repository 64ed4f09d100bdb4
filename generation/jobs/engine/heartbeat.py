"""Time of the last tick, in the cache: shows other processes that beat and a worker run."""

from datetime import datetime, timedelta

from django.core.cache import cache
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
    """Return whether no tick has run for LATE, or none is known."""
    found = last()
    return found is None or timezone.now() - found > LATE
