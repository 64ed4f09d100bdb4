"""Each model gets the endpoint that it was.

The columns of `imagemodel` that have moved stay for the version before, which still reads them. It
finds the endpoint of a job in `snapshot`, also of one that the new version has submitted.
"""

from django.db import migrations, models

MOVED = ("endpoint_id", "max_in_flight", "submit_after", "submit_failures")

FILL = """
INSERT INTO generation_endpoint (
    model_id, provider, endpoint_id, enabled, preference, max_in_flight, submit_after,
    submit_failures
)
SELECT id, 'runpod', endpoint_id, TRUE, 0, max_in_flight, submit_after, submit_failures
FROM generation_imagemodel ORDER BY id;
UPDATE generation_job AS job SET endpoint_id = endpoint.id
FROM generation_endpoint AS endpoint
WHERE endpoint.model_id = job.model_id AND job.due_at IS NOT NULL AND job.status <> 'queued';
"""


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0005_endpoints"),
    ]

    operations = [
        migrations.AlterField(
            model_name="imagemodel",
            name="endpoint_id",
            field=models.CharField(db_default="", max_length=100, verbose_name="RunPod endpoint id"),
        ),
        migrations.AlterField(
            model_name="imagemodel",
            name="max_in_flight",
            field=models.PositiveIntegerField(db_default=4, default=4, verbose_name="jobs at RunPod at once"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FILL, migrations.RunSQL.noop)],
            state_operations=[
                migrations.RemoveField(model_name="imagemodel", name=name) for name in MOVED
            ],
        ),
    ]
