from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0020_one_outbox")]

    operations = [
        migrations.AddField(
            model_name="imagemodel",
            name="charges_canceled",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text=(
                    "If the provider can’t stop a running job, canceling it costs its user the "
                    "price. Otherwise the service pays."
                ),
                verbose_name="charge canceled images",
            ),
        ),
    ]
