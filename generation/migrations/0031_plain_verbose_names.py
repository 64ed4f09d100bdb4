import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0023_promised_times'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='alert',
            name='told_at',
            field=models.DateTimeField(null=True, verbose_name='notified'),
        ),
        migrations.AlterField(
            model_name='job',
            name='is_trial',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='trial paid by the service'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='decided_by',
            field=models.ForeignKey(blank=True, help_text='Empty: decided by a rule.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AlterField(
            model_name='publication',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='publications', to='generation.image', verbose_name='image'),
        ),
        migrations.AlterField(
            model_name='report',
            name='kind',
            field=models.CharField(choices=[('illegal', 'It breaks the law'), ('person', 'It shows a real person'), ('offensive', 'It is offensive or disturbing'), ('stolen', 'It copies someone’s work'), ('other', 'Something else')], max_length=10, verbose_name='reason'),
        ),
    ]
