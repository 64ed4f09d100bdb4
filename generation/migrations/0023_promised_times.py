"""What was promised when a job was placed, and how long RunPod took for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0025_budgets")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="delay_ms",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="execution_ms",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="promised_p50_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="promised, 50 %"),
        ),
        migrations.AddField(
            model_name="job",
            name="promised_p90_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="promised, 90 %"),
        ),
    ]
