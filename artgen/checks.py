"""System checks of the installation: what would only hurt under load is refused at the start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from artgen import capacity

CONNECTIONS = "connections"
"""`manage.py check --tag connections` runs only this one; the start scripts do the same by `-m artgen.capacity`."""


@register(CONNECTIONS)
def connections(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse more database connections than PostgreSQL may hold (80 of its 100), and say how they add up."""
    try:
        planned = capacity.read()
    except ValueError as error:
        return [Error(str(error), id="artgen.E001")]
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        return []
    if not planned.excess:
        return []
    return [
        Error(
            planned.excess,
            hint="Lower GUNICORN_WORKERS, DB_POOL_MAX, SOCKETS_DB_POOL_MAX or CELERY_CONCURRENCY; put PgBouncer in "
            "between (DEPLOYMENT_INSTRUCTIONS.md); or raise PostgreSQL's max_connections and DB_CONNECTIONS_LIMIT.",
            id="artgen.E002",
        )
    ]
