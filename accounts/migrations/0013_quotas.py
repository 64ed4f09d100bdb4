"""Quotas of users and groups, and counters of the month."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

INHERITED = "Empty: the most generous of the user’s groups, else the default of this site."


def limit(label: str, *, note: str = "", kind: type[models.Field] = models.PositiveIntegerField):  # type: ignore[no-untyped-def, type-arg]
    text = f"{note} {INHERITED}".strip()
    return kind(blank=True, help_text=text, null=True, verbose_name=label)


MEGAPIXELS = models.FloatField(
    blank=True,
    help_text=f"1 is 1024 × 1024 px, or as many pixels in another shape. {INHERITED}",
    null=True,
    validators=[django.core.validators.MinValueValidator(0)],
    verbose_name="largest image, megapixels",
)
MODELS = models.TextField(
    blank=True, db_default="", default="", help_text=INHERITED, verbose_name="allowed models"
)
NEW = {
    "max_jobs_at_once": limit("jobs at once", note="Further jobs wait in the queue."),
    "max_jobs_waiting": limit("jobs in the queue"),
    "max_jobs_per_month": limit("jobs per month"),
    "max_credits_per_month": limit("credits per month"),
    "max_batch": limit("images in one request", kind=models.PositiveSmallIntegerField),
    "max_megapixels": MEGAPIXELS,
    "allowed_models": MODELS,
}
OLD = {
    "max_jobs_per_day": limit("jobs per day"),
    "max_credits_per_day": limit("credits per day"),
    "max_cancels_per_day": limit("cancellations per day"),
}
COUNTERS = {
    "jobs_this_month": models.PositiveIntegerField(db_default=0, default=0, editable=False),
    "credits_this_month": models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_ways_to_get_credits"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupQuota",
            fields=[
                *((name, field.clone()) for name, field in (NEW | OLD).items()),
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quota",
                        serialize=False,
                        to="auth.group",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "verbose_name": "quotas of the group",
                "verbose_name_plural": "quotas of the group",
            },
        ),
        *(
            migrations.AddField(model_name="user", name=name, field=field.clone())
            for name, field in (NEW | COUNTERS).items()
        ),
        *(
            migrations.AlterField(model_name="user", name=name, field=field.clone())
            for name, field in OLD.items()
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                "max_jobs_at_once",
                condition=models.Q(max_jobs_at_once__isnull=False),
                name="user_with_jobs_at_once",
            ),
        ),
    ]
