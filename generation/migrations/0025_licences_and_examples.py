"""Models have a note on their licence and example prompts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0024_endpoint_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="imagemodel",
            name="licence",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text=(
                    "A note for users, or one of: apache flux openrail stability bsd hosted own."
                ),
                max_length=200,
                verbose_name="licence",
            ),
        ),
        migrations.AddField(
            model_name="imagemodel",
            name="examples",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="One a line; two are shown while the prompt is empty.",
                max_length=2000,
                verbose_name="example prompts",
            ),
        ),
    ]
