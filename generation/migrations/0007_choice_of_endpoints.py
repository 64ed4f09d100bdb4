"""Endpoints may have a request format and a cost of their own, and models a price ceiling."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0006_fill_endpoints"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="dialect",
            field=models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="dialect"),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="request_format",
            field=models.JSONField(blank=True, null=True, verbose_name="request format"),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="workflow",
            field=models.JSONField(blank=True, null=True, verbose_name="workflow"),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="expected_cost",
            field=models.JSONField(blank=True, null=True, verbose_name="expected cost, $"),
        ),
        migrations.AddField(
            model_name="imagemodel",
            name="max_usd",
            field=models.DecimalField(blank=True, decimal_places=5, help_text="No endpoint that costs more for an image gets its jobs. Empty: no ceiling.", max_digits=10, null=True, verbose_name="price ceiling, $"),
        ),
        migrations.AddField(
            model_name="imagemodel",
            name="cheapest_first",
            field=models.BooleanField(db_default=False, default=False, help_text="Otherwise in the order of the endpoints.", verbose_name="cheapest endpoint first"),
        ),
    ]
