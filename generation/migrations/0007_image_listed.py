"""Tighten: every picture has its model. Then the indexes that lists, filters, counts and search read."""

import django.db.models.deletion
from django.db import migrations, models

from artgen.concurrent_indexes import AddIndexConcurrently

WORDS = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS image_words ON generation_image USING gin (words) WITH (fastupdate = off)
"""


def index_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(WORDS)


def forget_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS image_words")


class Migration(migrations.Migration):
    contract = "the version before inserts pictures without a model, and the trigger of 0005 fills it in"
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0006_fill_image_words_and_filters")]

    operations = [
        migrations.AlterField(
            model_name="image",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generation.imagemodel",
            ),
        ),
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_listed",
                fields=["user", "-id"],
                include=["created_at", "favorite", "model", "style", "sourced", "width", "height"],
                condition=models.Q(trashed_at__isnull=True),
            ),
        ),
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_trash_of_user",
                fields=["user", "-trashed_at", "-id"],
                condition=models.Q(trashed_at__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_models", fields=["user", "model"], condition=models.Q(trashed_at__isnull=True)
            ),
        ),
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_styles", fields=["user", "style"], condition=models.Q(trashed_at__isnull=True)
            ),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                name="job_of_user_sourced", fields=["user", "-id"], condition=~models.Q(source_images=[])
            ),
        ),
        migrations.RunPython(index_words, forget_words),
        migrations.RemoveIndex(model_name="image", name="image_kept"),
    ]
