"""Copies of shared images, which have no job.

On PostgreSQL the triggers of images take the words of a copy from its own row.
"""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

TEXT = "job.prompt || ' ' || job.original_prompt || ' ' || NEW.note || ' ' || NEW.tags"
OF_A_COPY = """
    IF NEW.job_id IS NULL THEN
        NEW.words := artgen_words_of(NEW.user_id, coalesce(
            (SELECT saved.prompt FROM generation_savedimage saved WHERE saved.id = NEW.id), '')
            || ' ' || NEW.note || ' ' || NEW.tags);
        RETURN NEW;
    END IF;
"""
ON_INSERT = """
CREATE OR REPLACE FUNCTION artgen_image_takes_from_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {of_a_copy}
    SELECT coalesce(NEW.model_id, job.model_id),
           coalesce(nullif(NEW.style, ''), job.style),
           NEW.sourced OR job.source_images <> '[]'::jsonb,
           artgen_words_of(NEW.user_id, {text})
      INTO NEW.model_id, NEW.style, NEW.sourced, NEW.words
      FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
"""
ON_UPDATE = """
CREATE OR REPLACE FUNCTION artgen_image_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {of_a_copy}
    SELECT artgen_words_of(NEW.user_id, {text})
      INTO NEW.words FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
"""
FORWARD = (ON_INSERT + ON_UPDATE).format(of_a_copy=OF_A_COPY, text=TEXT)
BACKWARD = (ON_INSERT + ON_UPDATE).format(of_a_copy="", text=TEXT)


def on_postgres(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0042_alert_notified_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="image",
            name="job",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="images",
                to="generation.job",
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generation.imagemodel",
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="seed",
            field=models.BigIntegerField(null=True, verbose_name="seed"),
        ),
        migrations.CreateModel(
            name="SavedImage",
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
                ("prompt", models.TextField(blank=True, default="", verbose_name="prompt")),
                ("parameters", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(verbose_name="saved")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "image",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved",
                        to="generation.image",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="saved_copies",
                        to="generation.image",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_images",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "saved image",
                "verbose_name_plural": "saved images",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("image__isnull", True)),
                        fields=["created_at"],
                        name="saved_image_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "source"), name="image_saved_once_per_user"
                    )
                ],
            },
        ),
        migrations.RunPython(on_postgres(FORWARD), on_postgres(BACKWARD)),
    ]
