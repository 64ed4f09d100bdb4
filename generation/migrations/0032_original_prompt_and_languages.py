"""The prompt before it was translated or enhanced, which the search finds; languages of a model."""

from django.db import migrations, models

TRIGGER = """
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
FORWARD = TRIGGER.format(text="job.prompt || ' ' || job.original_prompt")
BACKWARD = TRIGGER.format(text="job.prompt")


def on_postgres(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("generation", "0031_plain_verbose_names")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="original_prompt",
            field=models.TextField(
                blank=True, db_default="", default="", verbose_name="original prompt"
            ),
        ),
        migrations.AddField(
            model_name="imagemodel",
            name="languages",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Codes such as en zh, the preferred one first; empty: unknown.",
                max_length=100,
                verbose_name="prompt languages",
            ),
        ),
        migrations.RunPython(on_postgres(FORWARD), on_postgres(BACKWARD)),
    ]
