import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Names for the admin; the table stays as it is."""

    dependencies = [("accounts", "0009_daily_limits")]

    operations = [
        migrations.AlterModelOptions(
            name="outgoingemail",
            options={
                "verbose_name": "outgoing email",
                "verbose_name_plural": "outgoing emails",
            },
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="recipient",
            field=models.EmailField(blank=True, max_length=254, verbose_name="recipient"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="subject",
            field=models.TextField(verbose_name="subject"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="due_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, null=True, verbose_name="next attempt"
            ),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="last_error",
            field=models.CharField(blank=True, max_length=400, verbose_name="last error"),
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="created_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="enqueued"
            ),
        ),
    ]
