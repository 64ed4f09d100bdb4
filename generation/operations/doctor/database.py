"""Check the database: its answer, migrations, and connections for all processes."""

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from artgen.database import connection_budget as budget
from artgen.database import upgrade_path
from artgen.environment import installation
from artgen.observability import health, resources
from generation.operations.doctor.check import Check, error_text

BUDGET_HINT = (
    "Lower GUNICORN_WORKERS, DB_POOL_MAX, SOCKETS_DB_POOL_MAX or WORKER_DB_POOL_MAX, raise "
    "PostgreSQL's max_connections with DB_CONNECTIONS_LIMIT, or use PgBouncer. "
)


def database() -> Check:
    try:
        health.check_database()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            (version,) = cursor.fetchone()
    except Exception as error:  # noqa: BLE001 drivers raise anything
        here = installation.current()
        hint = f"Start {here.server('postgres')}, or correct DATABASE_URL. {here.settings}"
        return Check("database", False, error_text(error), hint)
    return Check("database", True, f"PostgreSQL {version}")


def migrations() -> Check:
    if version := upgrade_path.version_before_database():
        hint = f"Upgrade to {version} first, then to this one."
        return Check("migrations", False, "the database is of an older version", hint)
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return Check("migrations", True, "all applied")
    first = plan[0][0]
    detail = f"{len(plan)} not applied, first {first.app_label}.{first.name}"
    return Check("migrations", False, detail, f"Run {installation.current().release}.")


def connection_budget() -> Check:
    """Compare the connections that all processes can open with PostgreSQL's, and those in use."""
    name, settings_hint = "connection_budget", installation.current().settings
    planned, connections = budget.read(), resources.connections()
    usable = connections.max - _reserved()
    detail = (
        f"{planned.arithmetic} of {planned.limit}; {connections.used} of {connections.max} in use"
    )
    if planned.connections > usable and not _has_pgbouncer():
        detail = f"{detail}; PostgreSQL leaves only {usable} to ArtGen"
        return Check(name, False, detail, BUDGET_HINT + settings_hint)
    if planned.upgrade_excess and installation.current().is_upgraded_beside:
        hint = f"deploy/upgrade.sh would refuse: {planned.upgrade_excess} {BUDGET_HINT}"
        return Check(name, True, detail, hint.strip())
    return Check(name, True, detail)


def _reserved() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('superuser_reserved_connections')::int")
        count: int = cursor.fetchone()[0]
        return count


def _has_pgbouncer() -> bool:
    """Return whether PgBouncer shares connections (deploy/docs/scaling.md)."""
    return bool(settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"))
