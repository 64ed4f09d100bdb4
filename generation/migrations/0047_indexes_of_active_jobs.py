"""Indexes of active jobs that fit statements whose status is a parameter.

Without the index of `user` alone, with which `job_of_user` begins, a job's changes write no more
index entries than before.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from artgen.concurrent_indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0046_prompt_spending")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                name="job_line",
                fields=["model", "user", "created_at"],
                condition=models.Q(due_at__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                name="job_active_of_user",
                fields=["user"],
                condition=models.Q(due_at__isnull=False),
            ),
        ),
        migrations.RemoveIndex(model_name="job", name="job_turn"),
        migrations.RemoveIndex(model_name="job", name="job_at_runpod"),
        migrations.AlterField(
            model_name="job",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
    ]
