"""An index of the bytes of images, for the page that says whether one was made here."""

from django.contrib.postgres.indexes import HashIndex
from django.db import migrations

from artgen.database.online_migrations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("generation", "0027_webhooks_of_jobs")]

    operations = [
        AddIndexOnline(
            model_name="image", index=HashIndex(fields=["sha256"], name="image_sha256")
        ),
    ]
