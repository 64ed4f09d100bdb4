from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0026_rent_after_seconds")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="webhook",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=36, verbose_name="webhook"
            ),
        ),
    ]
