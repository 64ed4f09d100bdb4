"""ArtGen's wiring: settings, addresses, Celery, health. No product logic lives here."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`celery -A artgen` finds the application as `artgen.app`; nothing else imports it here."""
    if name != "app":
        raise AttributeError(name)
    from artgen.processes.celery import app  # noqa: PLC0415 Django's settings import this package

    return app
