"""Models may use rented endpoints only above a wait."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0025_licences_and_examples")]

    operations = [
        migrations.AddField(
            model_name="imagemodel",
            name="rent_after_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                help_text=(
                    "ComfyUI and image servers get jobs first, others if the wait is longer or "
                    "these are away. Empty: all are equal."
                ),
                verbose_name="longest wait before renting, seconds",
            ),
        ),
    ]
