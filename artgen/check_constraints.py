"""A migration operation: add a CHECK constraint without blocking writes."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddCheck(migrations.AddConstraint):
    """Add the constraint, and validate existing rows without a lock that blocks writers.

    The migration needs `atomic = False`, else the lock of the first statement lasts until its end.
    https://www.postgresql.org/docs/17/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add it NOT VALID, then VALIDATE it."""
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        quote = schema_editor.connection.ops.quote_name
        table, name = quote(model._meta.db_table), quote(self.constraint.name)
        added = self.constraint.create_sql(model, schema_editor)
        # After a migration that was interrupted between the statements.
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        schema_editor.execute(f"{added} NOT VALID", params=None)
        schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
