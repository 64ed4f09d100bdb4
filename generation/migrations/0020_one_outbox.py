from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    contract = "Nothing is released that reads the former names."
    dependencies = [("generation", "0019_help_of_purposes")]

    operations = [
        migrations.RenameField("export", "tries", "attempts"),
        migrations.DeleteModel("AlertPost"),
        migrations.AlterField(
            "export", "attempts", models.PositiveSmallIntegerField("attempts", default=0)
        ),
        migrations.AlterField(
            "export",
            "due_at",
            models.DateTimeField("next attempt", default=timezone.now, null=True),
        ),
    ]
