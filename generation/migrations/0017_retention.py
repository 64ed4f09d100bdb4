"""Mark expired uploads, and find jobs that ended without images by their age.

The index is built while rows go on being written.
"""

from django.db import migrations, models

from artgen.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0016_plain_names")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="expired_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                name="job_ended_without_images",
                fields=["finished_at"],
                condition=models.Q(status__in=("failed", "canceled")),
            ),
        ),
    ]
