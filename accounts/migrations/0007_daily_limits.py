from django.db import migrations, models

DEFAULT = "Empty: the default of this site."


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_wording")]

    operations = [
        *(
            migrations.AddField(
                model_name="user",
                name=name,
                field=kind(blank=True, help_text=DEFAULT, null=True, verbose_name=label),
            )
            for name, kind, label in (
                ("max_jobs_per_day", models.PositiveIntegerField, "jobs per day"),
                ("max_cancels_per_day", models.PositiveIntegerField, "cancellations per day"),
                ("max_credits_per_day", models.PositiveIntegerField, "credits per day"),
                ("max_upload_bytes", models.PositiveBigIntegerField, "bytes of uploads"),
                ("max_image_bytes", models.PositiveBigIntegerField, "bytes of images"),
            )
        ),
        migrations.AddField(
            model_name="user", name="counted_on", field=models.DateField(editable=False, null=True)
        ),
        *(
            migrations.AddField(
                model_name="user", name=name, field=kind(db_default=0, default=0, editable=False)
            )
            for name, kind in (
                ("jobs_today", models.PositiveIntegerField),
                ("cancels_today", models.PositiveIntegerField),
                ("credits_today", models.PositiveBigIntegerField),
            )
        ),
    ]
