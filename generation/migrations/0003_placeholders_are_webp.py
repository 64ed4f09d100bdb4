"""Placeholders are data: URIs. A thumbhash becomes one pixel of the mean color that it contains."""

import base64
import functools
import io

from django.db import migrations, models
from PIL import Image

from artgen.database.online_migrations import ChangeRows

def replace_thumbhashes(images):
    former = list(images.exclude(placeholder__startswith="data:").only("id", "placeholder"))
    for image in former:
        image.placeholder = pixel(int.from_bytes(base64.b64decode(image.placeholder)[:3], "little"))
    images.bulk_update(former, ["placeholder"])


@functools.cache
def pixel(head: int) -> str:
    """Return the mean color (https://evanw.github.io/thumbhash/) as a WebP image."""
    light = (head & 63) / 63
    yellow, red = ((head >> 6 & 63) / 31.5 - 1), ((head >> 12 & 63) / 31.5 - 1)
    b = light - 2 / 3 * yellow
    r = (3 * light - b + red) / 2
    color = tuple(round(255 * min(1, max(0, part))) for part in (r, r - red, b))
    file = io.BytesIO()
    Image.new("RGB", (1, 1), color).save(file, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generation", "0002_postgresql"),
    ]

    operations = [
        migrations.AlterField(
            model_name="image",
            name="placeholder",
            field=models.CharField(max_length=400),
        ),
        ChangeRows("image", replace_thumbhashes),
    ]
