"""Migrations work with the previous version, which serves while they run: they only add.

What removes or restricts something comes one release after the last code that needs it, and its
migration declares that: `contract = "since 0.3 nobody reads it"` (CONTRIBUTING.md).
"""

import re
from collections.abc import Iterator
from typing import Any

from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from artgen.database.online_migrations import AddIndexOnline, ChangeRows

ADDS = (migrations.CreateModel, AddIndexOnline, migrations.RunPython)
LOADER = MigrationLoader(None)


def problems(migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    """Yield the operations that break old code; `state` is the state before the migration."""
    state = state.clone()
    new: set[tuple[str, str]] = set()  # models and fields that old code does not write to
    for operation in migration.operations:
        model = str(getattr(operation, "model_name", operation.__dict__.get("name", ""))).lower()
        if isinstance(operation, migrations.CreateModel):
            new.add((model, ""))
        elif isinstance(operation, migrations.AddField):
            new.add((model, operation.name_lower))
        if isinstance(operation, ChangeRows) and migration.atomic:
            yield f"{operation.describe()} in one transaction"
        if (model, "") not in new and _breaks(operation, model, new, migration.app_label, state):
            yield operation.describe()
        operation.state_forwards(migration.app_label, state)


def _breaks(operation: Any, model: str, new: Any, app: str, state: ProjectState) -> bool:
    match operation:
        case migrations.AddField(field=field):
            return not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED)
        case migrations.AlterField(field=after):
            before = state.models[app, model].fields[operation.name]
            return (
                _kind(before) != _kind(after)
                or (before.null and not after.null)
                or (after.unique and not before.unique)
                or (before.max_length or 0) > (after.max_length or 0) > 0
            )
        case migrations.AddConstraint(constraint=constraint):
            named = re.findall(r"'([a-z0-9_]+?)(?:__[a-z0-9_]+)?'", repr(constraint).lower())
            return not any((model, name) in new for name in named)
    return not isinstance(operation, (*ADDS, *KEEPS))


KEEPS = (
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RemoveConstraint,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.SeparateDatabaseAndState,
)


def _kind(field: Any) -> tuple[object, ...]:
    """Return what must stay of a column."""
    target: Any = field.remote_field.model if field.remote_field else ""
    label = (target if isinstance(target, str) else target._meta.label).lower()
    return field.get_internal_type(), field.db_column, label


def of_user(*operations: Operation) -> list[str]:
    """Return what is wrong with a migration of `accounts` that comes after all others."""
    migration = migrations.Migration("9999_next", "accounts")
    migration.operations = list(operations)
    return list(problems(migration, LOADER.project_state()))


def test_all_migrations_of_the_project_only_add_or_say_why_not() -> None:
    found = {
        f"{app}.{name}": wrong
        for (app, name), migration in LOADER.disk_migrations.items()
        if app in ("accounts", "generation") and not getattr(migration, "contract", "")
        if (wrong := list(problems(migration, LOADER.project_state((app, name), at_end=False))))
    }
    assert found == {}


def test_a_migration_may_add_tables_columns_and_indexes() -> None:
    found = of_user(
        migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("note", "text", models.TextField()),
        migrations.AddField("user", "rank", models.IntegerField(db_default=0)),
        migrations.AddConstraint(
            "user", models.CheckConstraint(condition=models.Q(rank__gte=0), name="ranked")
        ),
        migrations.AddIndex("note", models.Index(fields=["text"], name="by_text")),
        AddIndexOnline("user", models.Index(fields=["rank"], name="by_rank")),
    )
    assert found == []


def test_it_changes_rows_in_batches_that_commit() -> None:
    assert of_user(ChangeRows("user", list)) == ["Raw Python operation in one transaction"]


def test_it_may_change_words_and_choices() -> None:
    field = LOADER.project_state().models["accounts", "user"].fields["last_login"].clone()
    field.verbose_name, field.help_text = "seen", "when"
    assert of_user(migrations.AlterField("user", "last_login", field)) == []


def test_it_may_not_take_away_rename_or_tighten() -> None:
    constraint = models.CheckConstraint(condition=~models.Q(email=""), name="has_email")
    for operation in (
        migrations.AddField("user", "rank", models.IntegerField(default=0)),
        migrations.RemoveField("user", "email"),
        migrations.RenameField("user", "email", "mail"),
        migrations.DeleteModel("user"),
        migrations.RunSQL("SELECT 1"),
        migrations.AddIndex("user", models.Index(fields=["email"], name="by_email")),
        migrations.AddConstraint("user", constraint),
        migrations.AlterField("user", "last_login", models.DateTimeField()),
        migrations.AlterField("user", "last_login", models.DateField(null=True)),
    ):
        assert of_user(operation) == [operation.describe()]
