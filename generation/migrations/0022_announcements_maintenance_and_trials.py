"""Announcements, maintenance mode beside the creation switch, and jobs that try a model."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0021_moderation")]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("information", "Information"), ("warning", "Warning")],
                        default="information",
                        max_length=11,
                        verbose_name="level",
                    ),
                ),
                ("text_en", models.CharField(max_length=300, verbose_name="text (English)")),
                ("text_ru", models.CharField(max_length=300, verbose_name="text (Russian)")),
                (
                    "starts_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="from"
                    ),
                ),
                (
                    "ends_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Empty: until you delete it.",
                        null=True,
                        verbose_name="to",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "announcement",
                "verbose_name_plural": "announcements",
                "ordering": ["-starts_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True),
                            ("ends_at__gt", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="announcement_ends_after_its_start",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="generationswitch",
            name="maintenance",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="maintenance"
            ),
        ),
        migrations.AddField(
            model_name="generationswitch",
            name="message_ru",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=300,
                verbose_name="message to users (Russian)",
            ),
        ),
        migrations.AddField(
            model_name="generationswitch",
            name="until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="expected end"),
        ),
        migrations.AlterField(
            model_name="generationswitch",
            name="message",
            field=models.CharField(
                blank=True, max_length=300, verbose_name="message to users (English)"
            ),
        ),
        migrations.AlterField(
            model_name="generationswitch",
            name="changed_at",
            field=models.DateTimeField(auto_now=True, verbose_name="changed"),
        ),
        migrations.AddField(
            model_name="job",
            name="is_trial",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                verbose_name="trial at the house’s cost",
            ),
        ),
    ]
