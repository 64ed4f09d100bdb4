"""Where images are made is a row under a model."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

RUNPOD = [("runpod", "RunPod")]


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0004_no_images_of_sheets"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(choices=RUNPOD, default="runpod", max_length=20, verbose_name="provider")),
                ("endpoint_id", models.CharField(max_length=100, verbose_name="RunPod endpoint id")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("preference", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                ("max_in_flight", models.PositiveIntegerField(default=4, validators=[django.core.validators.MinValueValidator(1)], verbose_name="jobs at RunPod at once")),
                ("submit_after", models.DateTimeField(blank=True, editable=False, help_text="Set when RunPod replies with 429 or 5xx, or can’t be reached.", null=True, verbose_name="paused until")),
                ("submit_failures", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("model", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="endpoints", to="generation.imagemodel", verbose_name="model")),
            ],
            options={
                "verbose_name": "endpoint",
                "verbose_name_plural": "endpoints",
                "ordering": ["preference", "id"],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="endpoint",
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="generation.endpoint"),
        ),
        migrations.AddField(
            model_name="provideroutage",
            name="provider",
            field=models.CharField(choices=RUNPOD, db_default="runpod", default="runpod", max_length=20, verbose_name="provider"),
        ),
        migrations.RemoveConstraint(model_name="provideroutage", name="one_refused_key"),
        migrations.RemoveConstraint(model_name="provideroutage", name="one_outage_per_endpoint"),
        migrations.AddConstraint(
            model_name="provideroutage",
            constraint=models.UniqueConstraint(condition=models.Q(("kind", "key_refused")), fields=("provider",), name="one_refused_key"),
        ),
        migrations.AddConstraint(
            model_name="provideroutage",
            constraint=models.UniqueConstraint(condition=models.Q(("kind", "key_refused"), _negated=True), fields=("provider", "endpoint_id", "kind"), name="one_outage_per_endpoint"),
        ),
    ]
