"""Emails that were not sent say what is wrong, in words, beside the reply of the mail server."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_numbers_in_range")]

    operations = [
        migrations.AddField(
            model_name="outgoingemail",
            name="error_kind",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="last_error",
            field=models.CharField(
                blank=True, max_length=400, verbose_name="reply of the mail server"
            ),
        ),
    ]
