"""What `release` would do to the database: the migrations to run, and about how long they take."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import AlterField
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ROWS_A_SECOND = 20_000
"""Rows that an operation reads and writes in a second; deliberately too few (indexes: 500,000)."""
INSTANT = ("CreateModel", "DeleteModel", "AddField", "RemoveField", "RenameField", "AlterModel")
"""Operations, by the start of their names, that only change the catalog of PostgreSQL."""
SHORT_SECONDS = 5


def lines() -> Iterator[str]:
    """Yield a line for each migration that has not run, and the estimate."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    migrations = [migration for migration, _backwards in plan]
    if not migrations:
        yield "Migrations: none."
        return
    yield f"Migrations ({len(migrations)}):"
    rows = _rows_by_app()
    known = executor.loader.graph.nodes.keys() & executor.loader.applied_migrations.keys()
    state = executor.loader.project_state(list(known))
    seconds = 0.0
    for migration in migrations:
        own = _seconds(migration, state, rows.get(migration.app_label, 0))
        seconds += own
        note = f" - reads existing rows, up to {_duration(own)}" if own > SHORT_SECONDS else ""
        yield f"  {migration.app_label}.{migration.name}{note}"
    yield f"Migrations take up to {_duration(seconds)}. The version before serves meanwhile."


def _seconds(migration: Migration, state: ProjectState, rows: int) -> float:
    slow = 0
    for operation in migration.operations:
        slow += not _is_instant(operation, migration.app_label, state)
        operation.state_forwards(migration.app_label, state)
    return 1 + slow * rows / ROWS_A_SECOND


def _is_instant(operation: Operation, label: str, state: ProjectState) -> bool:
    if not isinstance(operation, AlterField):
        return type(operation).__name__.startswith(INSTANT)
    before = state.models[label, operation.model_name_lower].fields[operation.name]
    return _column(before) == _column(operation.field)


def _column(field: Any) -> tuple[Any, ...]:
    """Return what PostgreSQL knows of a field."""
    _name, kind, arguments, options = field.deconstruct()
    only_python = {*field.non_db_attrs, "default"}
    return kind, arguments, {k: v for k, v in options.items() if k not in only_python}


def _rows_by_app() -> dict[str, int]:
    """Return the rows of the largest table of each app, as PostgreSQL estimates them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = dict(cursor.fetchall())
    labels = [config.label for config in apps.get_app_configs()]
    return {label: max(_counts(label, found), default=0) for label in labels}


def _counts(label: str, found: dict[str, int]) -> Iterator[int]:
    for name, rows in found.items():
        if name.startswith(f"{label}_"):
            yield max(rows, 0)


def _duration(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 90 else f"{round(seconds / 60)} min"
