"""Keep on each model what its endpoint calls its parameters and what it costs; keep on each job its LoRA."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0011_vacuum_pictures_sooner")]

    operations = [
        migrations.AddField(
            model_name="imagemodel",
            name="request_format",
            field=models.JSONField(
                blank=True,
                help_text="Public endpoints only: what the endpoint calls its parameters.",
                null=True,
                verbose_name="request format",
            ),
        ),
        migrations.AddField(
            model_name="imagemodel",
            name="expected_cost",
            field=models.JSONField(
                blank=True,
                help_text="What RunPod charges for an image: per_image and per_megapixel, in dollars.",
                null=True,
                verbose_name="expected cost, $",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="lora_url",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="LoRA address"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="lora_scale",
            field=models.FloatField(null=True, verbose_name="LoRA weight"),
        ),
        migrations.AlterField(
            model_name="imagemodel",
            name="parameters",
            field=models.JSONField(blank=True, default=dict, verbose_name="parameters"),
        ),
        migrations.AlterField(
            model_name="imagemodel",
            name="price",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Empty: the price follows from the expected cost.",
                verbose_name="price rule",
            ),
        ),
    ]
