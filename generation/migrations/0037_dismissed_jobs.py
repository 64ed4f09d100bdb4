
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0036_reporters_get_the_decision"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="dismissed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
