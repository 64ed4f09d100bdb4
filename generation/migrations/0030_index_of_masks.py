"""Index the masks of jobs, so that the cleanup of uploads finds them; built while rows are written."""

from django.db import migrations, models


class Index(migrations.AddIndex):
    """An index that PostgreSQL builds concurrently."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        return schema_editor.add_index(model, self.index, concurrently=True)


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0029_edits_of_images")]

    operations = [
        Index(
            model_name="job",
            index=models.Index(
                name="job_mask", fields=["mask"], condition=models.Q(("mask", ""), _negated=True)
            ),
        ),
    ]
