"""Sign of life of the socket processes, in the cache: shows other processes that one runs.

A key that expires, not a time: the clocks of machines differ.
"""

from django.core.cache import cache

ALIVE, SEEN = "sockets:alive", "sockets:seen"
EVERY_SECONDS = 5
EXPIRES_SECONDS = 20


def beat() -> None:
    """Store that a socket process runs; do nothing while Redis is down."""
    cache.set(ALIVE, 1, timeout=EXPIRES_SECONDS)
    cache.set(SEEN, 1, timeout=None)


def is_alive() -> bool | None:
    """Return whether a socket process runs; None if none has since Redis was started."""
    signs = cache.get_many([ALIVE, SEEN])
    return ALIVE in signs if signs else None
