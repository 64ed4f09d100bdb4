"""A broker and a cache that refuse connections."""

from django.test import override_settings

from artgen.processes.celery import app
from generation.testing.services import free_port


class dead_broker:
    """Inside the block, the broker is an address that refuses connections."""

    def __enter__(self) -> None:
        self.before = app.conf.broker_url
        app.conf.broker_url = f"redis://127.0.0.1:{free_port()}/0"

    def __exit__(self, *error: object) -> None:
        app.conf.broker_url = self.before


def dead_cache() -> override_settings:
    """Inside the block, the cache is an address that refuses connections."""
    address = f"redis://127.0.0.1:{free_port()}/0"
    return override_settings(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": address,
            }
        }
    )
