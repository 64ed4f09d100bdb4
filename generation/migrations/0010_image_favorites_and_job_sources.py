"""Add the indexes that count favorites and find what was made from a picture, and turn the one that lists pictures.

Ids only grow: at the upper end of an index they fill its pages, at the lower end they leave each page half empty.
All are built while rows go on being written.
"""

from django.db import migrations, models

from artgen.concurrent_indexes import AddIndexConcurrently

SOURCES = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS job_sources ON generation_job
    USING gin (source_images jsonb_path_ops) WITH (fastupdate = off) WHERE NOT (source_images = '[]'::jsonb)
"""


def index_sources(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SOURCES)


def forget_sources(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS job_sources")


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL builds no index concurrently inside a transaction

    dependencies = [("generation", "0009_image_large_key")]

    operations = [
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_shelf",
                fields=["user", "id"],
                include=["created_at", "favorite", "model", "style", "sourced", "width", "height"],
                condition=models.Q(trashed_at__isnull=True),
            ),
        ),
        AddIndexConcurrently(
            model_name="image",
            index=models.Index(
                name="image_favorites",
                fields=["user", "id"],
                include=["created_at", "model", "style", "sourced", "width", "height"],
                condition=models.Q(trashed_at__isnull=True, favorite=True),
            ),
        ),
        migrations.RunPython(index_sources, forget_sources),
        migrations.RemoveIndex(model_name="image", name="image_listed"),
        migrations.RemoveIndex(model_name="job", name="job_of_user_sourced"),
    ]
