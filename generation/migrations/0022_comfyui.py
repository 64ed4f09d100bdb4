"""ComfyUI is a provider, too. No row changes."""

from django.db import migrations, models

PROVIDERS = [
    ("runpod", "RunPod"),
    ("wavespeed", "WaveSpeed"),
    ("yandex", "Yandex AI Studio"),
    ("image_server", "Image server"),
    ("comfyui", "ComfyUI"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0021_charge_canceled_jobs"),
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
