from django.db import migrations, models

COUNTS = ("jobs", "failed_jobs", "unrecorded_jobs")
DOLLARS = ("recorded", "expected", "failed", "unreported")


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0047_indexes_of_active_jobs'),
    ]

    operations = [
        *(
            migrations.AddField('spending', name, models.PositiveIntegerField(db_default=0, default=0))
            for name in COUNTS
        ),
        migrations.AddField('spending', 'credits', models.PositiveBigIntegerField(db_default=0, default=0)),
        *(
            migrations.AddField(
                'spending',
                name,
                models.DecimalField(db_default=0, decimal_places=5, default=0, max_digits=14),
            )
            for name in DOLLARS
        ),
    ]
