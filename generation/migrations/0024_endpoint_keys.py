"""Endpoints at image servers and ComfyUIs may have a key of their own. No row changes."""

from django.db import migrations, models

import generation.models.endpoints


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0023_background_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="key_header",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=60,
                validators=[generation.models.endpoints.is_header],
                verbose_name="header of its key",
            ),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="key_encrypted",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
    ]
