from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0017_price_of_held_orders")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="unknown_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="host_failed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="job",
            name="is_claimed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
