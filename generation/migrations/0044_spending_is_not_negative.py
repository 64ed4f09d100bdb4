from django.db import migrations, models

from artgen.check_constraints import AddCheck


class Migration(migrations.Migration):
    contract = "no version has added negative costs"
    atomic = False  # the rows are checked without the lock that adds the constraint

    dependencies = [("generation", "0043_saved_images")]

    operations = [
        AddCheck(
            "spending",
            models.CheckConstraint(
                condition=models.Q(usd__gte=0), name="spending_is_not_negative"
            ),
        ),
    ]
