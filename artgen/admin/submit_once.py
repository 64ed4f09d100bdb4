"""Do what a form was sent for once, however often it is sent: a double click sends it twice.

Each page that shows the form has a key of its own, which the form posts.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

FIELD = "form_key"
"""Of the forms of new objects: the key."""
KEPT_SECONDS = 24 * 60 * 60


def claim(key: str) -> bool:
    """Return whether nobody has had this key before; raise `CacheAway` if that is not known."""
    return bool(cache.add(f"sent:{key}", 1, KEPT_SECONDS))


def give_back(key: str) -> None:
    """Let the key be used again."""
    cache.delete(f"sent:{key}")


def was_sent(key: str) -> bool:
    """Return whether somebody has this key. False if the cache cannot be reached."""
    return cache.get(f"sent:{key}") is not None


@contextmanager
def first_time(key: str) -> Iterator[bool]:
    """Claim the key and give what `claim` returns. An exception gives the key back."""
    is_first = claim(key)
    try:
        yield is_first
    except BaseException:
        if is_first:
            give_back(key)
        raise
