"""Fill the languages of known endpoints and workers that staff have not described yet."""

from django.db import migrations

ENGLISH = "en"
ENGLISH_AND_CHINESE = "en zh"
MANY = "en ar de es fr hi id it ja ko pt ru uk vi zh"
BY_ENDPOINT = {
    "black-forest-labs-flux-1-schnell": ENGLISH,
    "black-forest-labs-flux-1-dev": ENGLISH,
    "black-forest-labs-flux-1-kontext-dev": ENGLISH,
    "p-image-t2i": ENGLISH,
    "p-image-edit": ENGLISH,
    "qwen-image-t2i": ENGLISH_AND_CHINESE,
    "qwen-image-t2i-lora": ENGLISH_AND_CHINESE,
    "qwen-image-edit": ENGLISH_AND_CHINESE,
    "qwen-image-edit-2511": ENGLISH_AND_CHINESE,
    "qwen-image-edit-2511-lora": ENGLISH_AND_CHINESE,
    "z-image-turbo": ENGLISH_AND_CHINESE,
    "seedream-v4-t2i": ENGLISH_AND_CHINESE,
    "seedream-v4-edit": ENGLISH_AND_CHINESE,
    "wan-2-6-t2i": ENGLISH_AND_CHINESE,
    "nano-banana-edit": "en es hi ja zh",
    "google-nano-banana-2-edit": MANY,
    "nano-banana-pro-edit": MANY,
}


def fill(apps, schema_editor):
    models = apps.get_model("generation", "ImageModel").objects.filter(languages="")
    for endpoint, languages in BY_ENDPOINT.items():
        models.filter(endpoint_id=endpoint).update(languages=languages)
    models.filter(dialect__in=("sdxl", "sdxl_turbo")).update(languages=ENGLISH)


class Migration(migrations.Migration):
    dependencies = [("generation", "0032_original_prompt_and_languages")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
