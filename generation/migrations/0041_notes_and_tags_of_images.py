"""Notes and tags of images, which the search finds.

The trigger of new rows reads what the row comes with; another one follows later changes.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TEXT_OF_JOB = "job.prompt || ' ' || job.original_prompt"
TEXT = TEXT_OF_JOB + " || ' ' || NEW.note || ' ' || NEW.tags"

ON_INSERT = """
CREATE OR REPLACE FUNCTION artgen_image_takes_from_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(NEW.model_id, job.model_id),
           coalesce(nullif(NEW.style, ''), job.style),
           NEW.sourced OR job.source_images <> '[]'::jsonb,
           artgen_words_of(NEW.user_id, {text})
      INTO NEW.model_id, NEW.style, NEW.sourced, NEW.words
      FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
"""
FORWARD = (
    ON_INSERT.format(text=TEXT)
    + f"""
CREATE FUNCTION artgen_image_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT artgen_words_of(NEW.user_id, {TEXT})
      INTO NEW.words FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER artgen_image_words BEFORE UPDATE OF note, tags ON generation_image
    FOR EACH ROW WHEN (OLD.note <> NEW.note OR OLD.tags <> NEW.tags)
    EXECUTE FUNCTION artgen_image_words();
"""
)
BACKWARD = """
DROP TRIGGER artgen_image_words ON generation_image;
DROP FUNCTION artgen_image_words();
""" + ON_INSERT.format(text=TEXT_OF_JOB)


def on_postgres(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0040_sheet_images"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="note"),
        ),
        migrations.AddField(
            model_name="image",
            name="tags",
            field=models.TextField(
                blank=True, db_default="", default="", editable=False, verbose_name="tags"
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("folded_name", models.CharField(editable=False, max_length=120)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["folded_name"],
            },
        ),
        migrations.CreateModel(
            name="ImageTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="image_tags",
                        to="generation.image",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="generation.tag",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                fields=("user", "folded_name"), name="tag_once_per_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="imagetag",
            constraint=models.UniqueConstraint(fields=("tag", "image"), name="tag_once_per_image"),
        ),
        migrations.RunPython(on_postgres(FORWARD), on_postgres(BACKWARD)),
    ]
