from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0018_what_jobs_wait_for")]

    operations = [
        migrations.AlterField(
            model_name="imagemodel",
            name="purposes",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text=(
                    "Any of: fast photo text best. Users filter the list of models by them. Those "
                    "with best are offered first for a new image from the same prompt."
                ),
                max_length=60,
                verbose_name="good at",
            ),
        ),
    ]
