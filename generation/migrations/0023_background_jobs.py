import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0022_comfyui")]

    operations = [
        migrations.AddField(
            model_name="imagemodel",
            name="background_discount",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                help_text=(
                    "For images that wait until nothing else of the model does. Empty: not "
                    "offered."
                ),
                validators=[django.core.validators.MaxValueValidator(100)],
                verbose_name="discount when there is room, %",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="background",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="when there is room"
            ),
        ),
    ]
