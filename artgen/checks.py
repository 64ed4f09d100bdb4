"""System checks that refuse at startup what would fail only under load."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from artgen.database import connection_budget

CONNECTIONS = "connections"
"""Tag of the check, for `manage.py check --tag connections`."""


@register(CONNECTIONS)
def connections(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Refuse more database connections than the limit (80 of PostgreSQL's 100)."""
    try:
        planned = connection_budget.read()
    except ValueError as error:
        return [Error(str(error), id="artgen.E001")]
    if not planned.excess:
        return []
    return [
        Error(
            planned.excess,
            hint="Lower GUNICORN_WORKERS, DB_POOL_MAX, SOCKETS_DB_POOL_MAX or WORKER_DB_POOL_MAX; "
            "use PgBouncer (deploy/docs/scaling.md); or raise PostgreSQL's max_connections and "
            "DB_CONNECTIONS_LIMIT.",
            id="artgen.E002",
        )
    ]
