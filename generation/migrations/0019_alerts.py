import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0018_job_request_id")]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="problem")),
                ("values", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(verbose_name="since")),
                ("seen_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True, verbose_name="told")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("name",),
                        name="one_open_alert_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertPost",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "news",
                    models.CharField(
                        choices=[
                            ("started", "Problem"),
                            ("reminder", "Still a problem"),
                            ("ended", "Solved"),
                        ],
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="posts",
                        to="generation.alert",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index("due_at", "id", name="alert_post_by_due_time")],
            },
        ),
    ]
