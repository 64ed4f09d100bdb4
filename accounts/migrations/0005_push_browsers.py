import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usersessions', '0001_initial'),
        ('accounts', '0004_token_program'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookaddress',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='usersessions.usersession'),
        ),
        migrations.AddConstraint(
            model_name='webhookaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('session__isnull', False)), fields=('session',), name='push_once_per_session'),
        ),
        migrations.AddConstraint(
            model_name='webhookaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('session__isnull', False)), fields=('url',), name='push_to_one_user'),
        ),
    ]
