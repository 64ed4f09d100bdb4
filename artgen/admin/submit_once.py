"""Do what a form that moves credits was sent for once, even if it is sent again.

Each page that shows the form has a key of its own, which the form posts. Other forms have only a
button that is disabled when it is pressed (`admin_submit.js`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

KEPT_SECONDS = 24 * 60 * 60


@contextmanager
def first_time(key: str) -> Iterator[bool]:
    """Give whether nobody has had this key before. An exception gives the key back.

    Raises `CacheAway` if that is not known.
    """
    name = f"sent:{key}"
    is_first = cache.add(name, 1, KEPT_SECONDS)
    try:
        yield is_first
    except BaseException:
        if is_first:
            cache.delete(name)
        raise
