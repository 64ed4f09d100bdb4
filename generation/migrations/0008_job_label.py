"""A job says for whom or what it is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0007_choice_of_endpoints"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="label",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=100, verbose_name="label"
            ),
        ),
    ]
