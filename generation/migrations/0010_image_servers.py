"""Servers that answer with the image are providers, too. No row changes."""

from django.db import migrations, models

PROVIDERS = [
    ("runpod", "RunPod"),
    ("wavespeed", "WaveSpeed"),
    ("yandex", "Yandex AI Studio"),
    ("image_server", "Image server"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0009_names_of_providers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="endpoint",
            name="provider",
            field=models.CharField(
                choices=PROVIDERS, default="runpod", max_length=20, verbose_name="provider"
            ),
        ),
        migrations.AlterField(
            model_name="provideroutage",
            name="provider",
            field=models.CharField(
                choices=PROVIDERS,
                db_default="runpod",
                default="runpod",
                max_length=20,
                verbose_name="provider",
            ),
        ),
    ]
