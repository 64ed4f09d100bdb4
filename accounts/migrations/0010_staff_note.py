from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_accepted_documents")]

    operations = [
        migrations.AddField(
            "user",
            "staff_note",
            models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Only staff see it, and the user’s data export has it.",
                max_length=2000,
                verbose_name="note",
            ),
        )
    ]
