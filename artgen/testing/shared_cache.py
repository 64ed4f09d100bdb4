"""The cache in Redis, which all processes share."""

from django.test import override_settings


def shared(url: str) -> override_settings:
    """Return the settings of a cache in this Redis."""
    options = {"socket_connect_timeout": 2, "socket_timeout": 5}
    backend = {"BACKEND": "artgen.cache.ForgivingRedisCache", "LOCATION": url, "OPTIONS": options}
    return override_settings(CACHES={"default": backend})
