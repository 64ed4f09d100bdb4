"""A broker and a cache where nobody listens."""

from django.test import override_settings

from artgen.celery import app
from artgen.testing.services import free_port


class dead_broker:
    """While it lasts, the broker is an address where nobody listens."""

    def __enter__(self) -> None:
        self.before = app.conf.broker_url
        app.conf.broker_url = f"redis://127.0.0.1:{free_port()}/0"

    def __exit__(self, *error: object) -> None:
        app.conf.broker_url = self.before


def dead_cache() -> override_settings:
    """While it lasts, the cache is an address where nobody listens."""
    address = f"redis://127.0.0.1:{free_port()}/0"
    return override_settings(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": address,
            }
        }
    )
