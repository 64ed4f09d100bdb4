"""What a job changes of its source image: how much larger, which area, which sides."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0022_announcements_maintenance_and_trials")]

    operations = [
        migrations.AlterField(
            model_name="imagemodel",
            name="workflow",
            field=models.JSONField(
                blank=True,
                help_text="ComfyUI only: the graph in API format, with slots such as {{prompt}}, "
                "{{seed}}, {{image_1}}, {{mask}}, {{scale}}.",
                null=True,
                verbose_name="workflow",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="scale",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="scale"),
        ),
        migrations.AddField(
            model_name="job",
            name="mask",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=36, verbose_name="mask"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="erase",
            field=models.BooleanField(db_default=False, default=False, verbose_name="erase"),
        ),
        migrations.AddField(
            model_name="job",
            name="outpaint",
            field=models.JSONField(null=True, verbose_name="extended sides"),
        ),
    ]
