"""The page of a comparison is its sheet; none is drawn as an image any more."""

from django.db import migrations


class Migration(migrations.Migration):

    contract = "there was no release that drew them"

    dependencies = [
        ("generation", "0003_placeholders_are_webp"),
    ]

    operations = [
        migrations.DeleteModel(name="SheetImage"),
    ]
