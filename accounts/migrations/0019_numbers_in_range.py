"""The database refuses numbers that forms and code have refused before."""

import django.core.validators
from django.db import migrations, models

from artgen.check_constraints import AddCheck

HELP = (
    "1 is 1024 × 1024 px, or as many pixels in another shape. "
    "Empty: the most generous of the user’s groups, else the default of this site."
)
RANGE = models.Q(max_megapixels__gte=0, max_megapixels__lte=10_000)
MEGAPIXELS = models.FloatField(
    blank=True,
    help_text=HELP,
    null=True,
    validators=[
        django.core.validators.MinValueValidator(0),
        django.core.validators.MaxValueValidator(10_000),
    ],
    verbose_name="largest image, megapixels",
)


def bring_into_range(apps, schema_editor):
    for name in ("User", "GroupQuota"):
        rows = apps.get_model("accounts", name)._default_manager
        rows.filter(max_megapixels__lt=0).update(max_megapixels=0)
        # PostgreSQL sorts NaN above all numbers.
        rows.filter(max_megapixels__gt=10_000).update(max_megapixels=10_000)


class Migration(migrations.Migration):
    contract = "the version before refuses these values in its forms; no image has 10,000 megapixels"
    atomic = False  # the rows are checked without the lock that adds the constraint

    dependencies = [("accounts", "0018_prompt_help")]

    operations = [
        migrations.AlterField("groupquota", "max_megapixels", MEGAPIXELS),
        migrations.AlterField("user", "max_megapixels", MEGAPIXELS.clone()),
        migrations.RunPython(bring_into_range, migrations.RunPython.noop),
        AddCheck(
            "groupquota",
            models.CheckConstraint(condition=RANGE, name="groupquota_megapixels_in_range"),
        ),
        AddCheck(
            "user", models.CheckConstraint(condition=RANGE, name="user_megapixels_in_range")
        ),
        AddCheck(
            "creditrequest",
            models.CheckConstraint(
                condition=~models.Q(state="granted") | models.Q(amount__isnull=False),
                name="credit_request_granted_with_an_amount",
            ),
        ),
    ]
