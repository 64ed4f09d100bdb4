"""What source images are for, filled in for models of the catalog."""

from django.db import migrations, models

EVERY = {"subject": {}, "style": {}, "composition": {}}
WITH_EVERY = (
    "qwen-image-edit-2511",
    "qwen-image-edit-2511-lora",
    "seedream-4-edit",
    "p-image-edit",
    "nano-banana",
    "nano-banana-2",
    "nano-banana-pro",
)
SUBJECT_AND_STYLE = ("flux-kontext", "qwen-image-edit")


def fill(apps, schema_editor):
    models = apps.get_model("generation", "ImageModel").objects
    models.filter(slug__in=WITH_EVERY).update(roles=EVERY)
    models.filter(slug__in=SUBJECT_AND_STYLE).update(roles={"subject": {}, "style": {}})


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0013_models_for_finals'),
    ]

    operations = [
        migrations.AddField(
            model_name='imagemodel',
            name='roles',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What source images can be besides edited: subject, style, composition. {} adds the usual sentence to the prompt.', verbose_name='roles of source images'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddField(
            model_name='job',
            name='source_roles',
            field=models.JSONField(db_default=[], default=list, verbose_name='roles of source images'),
        ),
    ]
