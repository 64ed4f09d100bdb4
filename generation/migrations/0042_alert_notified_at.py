"""Rename Alert.told_at in Python alone: the previous version, which serves meanwhile, reads it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0041_notes_and_tags_of_images'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(
                    model_name='alert',
                    old_name='told_at',
                    new_name='notified_at',
                ),
                migrations.AlterField(
                    model_name='alert',
                    name='notified_at',
                    field=models.DateTimeField(db_column='told_at', null=True, verbose_name='notified'),
                ),
            ],
        ),
    ]
