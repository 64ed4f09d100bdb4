"""What a model is good at, filled in for models of the catalog."""

from django.db import migrations, models

PURPOSES = {
    "flux-schnell": "fast",
    "flux-dev": "photo",
    "qwen-image": "text",
    "z-image-turbo": "fast photo",
    "p-image": "fast",
    "seedream-4": "photo text",
    "wan-2-6": "photo",
    "flux-kontext": "text",
    "qwen-image-edit": "text",
    "qwen-image-edit-2511": "photo text",
    "seedream-4-edit": "photo text",
    "p-image-edit": "fast",
    "nano-banana": "photo",
    "nano-banana-2": "photo text",
    "nano-banana-pro": "photo text",
    "qwen-image-lora": "text",
    "sdxl-turbo": "fast",
}


def fill(apps, schema_editor):
    for slug, purposes in PURPOSES.items():
        apps.get_model("generation", "ImageModel").objects.filter(slug=slug).update(
            purposes=purposes
        )


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0010_image_servers'),
    ]

    operations = [
        migrations.AddField(
            model_name='imagemodel',
            name='purposes',
            field=models.CharField(blank=True, db_default='', default='', help_text='Any of: fast photo text. Users filter the list of models by them.', max_length=60, verbose_name='good at'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
