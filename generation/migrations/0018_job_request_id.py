from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0017_retention")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="request_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
