"""Index the masks of jobs, so that the cleanup of uploads finds them; built while rows are written."""

from django.db import migrations, models

from artgen.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0029_edits_of_images")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                name="job_mask", fields=["mask"], condition=models.Q(("mask", ""), _negated=True)
            ),
        ),
    ]
