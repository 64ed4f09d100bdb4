"""Budgets in dollars, sums of what was spent, and jobs that wait for a budget."""

import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("generation", "0030_index_of_masks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "day"), ("month", "month")],
                        default="day",
                        max_length=5,
                        verbose_name="per",
                    ),
                ),
                (
                    "limit_usd",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Once it is spent, new jobs wait until the next day or month.",
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="limit, $",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "budget",
                "verbose_name_plural": "budgets",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "period",
                    models.CharField(choices=[("day", "day"), ("month", "month")], max_length=5),
                ),
                ("starts_on", models.DateField()),
                ("group_id", models.IntegerField(default=0)),
                ("usd", models.DecimalField(decimal_places=5, max_digits=14)),
            ],
        ),
        migrations.AddField(
            model_name="job",
            name="expected_usd",
            field=models.DecimalField(
                decimal_places=5,
                editable=False,
                max_digits=10,
                null=True,
                verbose_name="expected cost, $",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="parked_until",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="waits for a budget until"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("parked_until__isnull", False), ("status", "queued")),
                fields=["parked_until"],
                name="job_parked",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="Only jobs of its members. Empty, and no model: all jobs.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="auth.group",
                verbose_name="group",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="model",
            field=models.ForeignKey(
                blank=True,
                help_text="Only jobs of this model.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="generation.imagemodel",
                verbose_name="model",
            ),
        ),
        migrations.AddField(
            model_name="spending",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="generation.imagemodel",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("group", None), ("model", None), _connector="OR"),
                name="budget_of_a_group_or_a_model",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_usd__gte", Decimal("0"))), name="budget_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("group", None), ("model", None)),
                fields=("period",),
                name="one_budget_of_the_site",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("group__isnull", False)),
                fields=("group", "period"),
                name="one_budget_per_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("model__isnull", False)),
                fields=("model", "period"),
                name="one_budget_per_model",
            ),
        ),
        migrations.AddConstraint(
            model_name="spending",
            constraint=models.UniqueConstraint(
                fields=("period", "starts_on", "model", "group_id"), name="one_sum_per_period"
            ),
        ),
    ]
