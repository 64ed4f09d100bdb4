"""Request statistics without any request counted."""

from django.core.cache import cache

from artgen.observability import request_stats


def forget() -> None:
    """Begin without any request counted, in this process or by others."""
    request_stats.flush()
    cache.clear()
    request_stats.store_at.cache_clear()
