"""Mark expired uploads, and find jobs that ended without images by their age.

The index is built while rows go on being written.
"""

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

    dependencies = [("generation", "0016_plain_names")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="expired_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        Index(
            model_name="job",
            index=models.Index(
                name="job_ended_without_images",
                fields=["finished_at"],
                condition=models.Q(status__in=("failed", "canceled")),
            ),
        ),
    ]
