"""What the composer proposes before it creates images."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_commands_in_the_audit_log")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="prompt_help",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Nothing: create at once"),
                    ("translate", "A translation, if the model doesn’t support the language"),
                    ("enhance", "An enhanced prompt"),
                ],
                db_default="",
                default="",
                max_length=9,
                verbose_name="prompt help",
            ),
        ),
    ]
