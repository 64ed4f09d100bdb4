"""Time of the last tick, in the cache: shows other processes that beat and a worker run."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

KEY = "heartbeat"
LATE = timedelta(seconds=30)  # ticks come every 2 s


def beat() -> None:
    cache.set(KEY, timezone.now(), timeout=None)


def last() -> datetime | None:
    ticked_at: datetime | None = cache.get(KEY)
    return ticked_at


def is_late(patience: timedelta = LATE) -> bool:
    """Return whether no tick has run for so long, or none is known."""
    ticked_at = last()
    return ticked_at is None or timezone.now() - ticked_at > patience
