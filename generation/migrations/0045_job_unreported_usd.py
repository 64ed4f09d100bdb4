from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0044_spending_is_not_negative")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="unreported_usd",
            field=models.DecimalField(
                decimal_places=5,
                editable=False,
                max_digits=10,
                null=True,
                verbose_name="expected for attempts without a reported cost, $",
            ),
        ),
    ]
