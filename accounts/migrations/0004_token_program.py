"""A token says which program used it last."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="last_used_by",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=100,
                verbose_name="last used by",
            ),
        ),
    ]
