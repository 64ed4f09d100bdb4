"""System check: migrations must work with the previous version, which serves while they run.

So they only add. What removes or restricts something comes one release after the last code that
needs it, and its migration declares that: `contract = "since 0.3 nobody reads it"`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

MIGRATIONS = "migrations"
OURS = ("accounts", "generation")


@register(MIGRATIONS)
def expanding(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse migrations that break the previous version and do not set `contract`."""
    loader = MigrationLoader(None)
    return [
        Error(
            f"{app}.{name} breaks the previous version, which serves while it runs: {problem}.",
            hint='Expand first; contract a release later and say so: contract = "since … nobody …" '
            "(CONTRIBUTING.md).",
            id="artgen.E003",
        )
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in OURS and not getattr(migration, "contract", "")
        for problem in problems(migration, loader.project_state((app, name), at_end=False))
    ]


def problems(migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    """Yield the operations that break old code; `state` is the state before the migration."""
    state = state.clone()
    # (model, field) that this migration adds; old code does not write to them.
    new: set[tuple[str, str]] = set()
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            new.add((operation.name_lower, ""))
        elif isinstance(operation, migrations.AddField):
            new.add((operation.model_name_lower, operation.name_lower))
        if not _concerns_new_model(operation, new) and (
            problem := _problem(operation, new, migration.app_label, state)
        ):
            yield problem
        operation.state_forwards(migration.app_label, state)


def _concerns_new_model(operation: Operation, new: set[tuple[str, str]]) -> bool:
    return (str(getattr(operation, "model_name", "")).lower(), "") in new


def _problem(operation: Operation, new: set[tuple[str, str]], app: str, state: ProjectState) -> str:
    match operation:
        case migrations.AddField():
            field = operation.field
            if not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED):
                return f"{operation.model_name}.{operation.name} needs null=True or db_default"
        case migrations.AlterField():
            before = state.models[app, operation.model_name_lower].fields[operation.name]
            if _tightens(before, operation.field):
                return f"{operation.model_name}.{operation.name} changes its type or gets narrower"
        case migrations.AddConstraint():
            named = re.findall(
                r"'([a-z0-9_]+?)(?:__[a-z0-9_]+)?'", repr(operation.constraint).lower()
            )
            if not any((operation.model_name_lower, name) in new for name in named):
                return f"{operation.model_name} gets the constraint {operation.constraint.name}"
        case (
            migrations.DeleteModel()
            | migrations.RenameModel()
            | migrations.RemoveField()
            | migrations.RenameField()
            | migrations.AlterModelTable()
            | migrations.AlterUniqueTogether()
        ):
            return operation.describe().lower()
        case migrations.RunSQL():
            return "it runs SQL, which cannot be checked"
    return ""


def _tightens(before: "Field[Any, Any]", after: "Field[Any, Any]") -> bool:
    if before.null and not after.null:
        return True
    if (after.unique and not before.unique) or before.db_column != after.db_column:
        return True
    if (before.max_length or 0) > (after.max_length or 0) > 0:
        return True
    return before.get_internal_type() != after.get_internal_type() or _target(before) != _target(
        after
    )


def _target(field: "Field[Any, Any]") -> str:
    """Return the model that a foreign key refers to; empty for other fields."""
    if field.remote_field is None:
        return ""
    # A migration names it; a rendered field has its class.
    model: Any = field.remote_field.model
    return (model if isinstance(model, str) else model._meta.label).lower()
