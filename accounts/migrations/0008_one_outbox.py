from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    contract = "Nothing is released that reads the former names."
    dependencies = [("accounts", "0007_quotas_in_sql")]

    operations = [
        migrations.RenameField("webhookmessage", "attempts", "attempt_log"),
        migrations.RenameField("webhookmessage", "tries", "attempts"),
        migrations.AlterField(
            "webhookmessage",
            "address",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.deletion.CASCADE,
                related_name="messages",
                to="accounts.webhookaddress",
            ),
        ),
        migrations.AlterField(
            "webhookmessage", "attempts", models.PositiveSmallIntegerField("attempts", default=0)
        ),
        migrations.AlterField(
            "webhookmessage",
            "due_at",
            models.DateTimeField("next attempt", default=timezone.now, null=True),
        ),
    ]
