"""Operations of migrations that go through a large table while the version before serves.

Their migrations have `atomic = False`. Each operation can run again after an interruption.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython
from django.db.migrations.state import ProjectState
from django.db.models import QuerySet

BATCH = 500


class ChangeRows(RunPython):
    """Call `change` with the rows of a model, BATCH at a time; each batch commits."""

    rows_per_second = 2000

    def __init__(self, model_name: str, change: Callable[[QuerySet[Any]], object]) -> None:
        super().__init__(RunPython.noop, RunPython.noop)
        self.model_name, self.change = model_name, change

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        from_state.clear_delayed_apps_cache()
        rows = from_state.apps.get_model(app_label, self.model_name).objects.order_by("pk")
        keys = rows.values_list("pk", flat=True)
        batch = list(keys[:BATCH])
        while batch:
            self.change(rows.filter(pk__in=batch))
            batch = list(keys.filter(pk__gt=batch[-1])[:BATCH])


class AddIndexOnline(AddIndexConcurrently):
    """Build an index without blocking writes, unless the database has it."""

    rows_per_second = 200_000

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
                [self.index.name],
            )
            (is_valid,) = cursor.fetchone() or (None,)
        if is_valid is False:  # an earlier attempt was interrupted
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {self.index.name}")
        if not is_valid:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
