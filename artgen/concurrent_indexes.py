"""A migration operation: build an index without blocking writes."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddIndexConcurrently(migrations.AddIndex):
    """Add the index while rows are written, also after a migration that was interrupted.

    The migration needs `atomic = False`. Django's own operation fails if the index exists.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add it CONCURRENTLY."""
        model = to_state.apps.get_model(app_label, self.model_name)
        # The index of an interrupted migration exists and is not valid.
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]
