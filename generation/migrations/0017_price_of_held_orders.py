from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0016_indexes_and_words")]

    operations = [
        migrations.AddField(
            model_name="promptreview",
            name="max_credits",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
