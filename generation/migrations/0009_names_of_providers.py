"""Texts of staff name no provider where several are possible."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0008_job_label'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='provideroutage',
            options={'ordering': ['since', 'id'], 'verbose_name': 'problem at a provider', 'verbose_name_plural': 'problems at providers'},
        ),
        migrations.AlterField(
            model_name='endpoint',
            name='endpoint_id',
            field=models.CharField(max_length=100, verbose_name='endpoint id'),
        ),
        migrations.AlterField(
            model_name='endpoint',
            name='max_in_flight',
            field=models.PositiveIntegerField(default=4, validators=[django.core.validators.MinValueValidator(1)], verbose_name='jobs at the endpoint at once'),
        ),
        migrations.AlterField(
            model_name='endpoint',
            name='provider',
            field=models.CharField(choices=[('runpod', 'RunPod'), ('wavespeed', 'WaveSpeed')], default='runpod', max_length=20, verbose_name='provider'),
        ),
        migrations.AlterField(
            model_name='endpoint',
            name='submit_after',
            field=models.DateTimeField(blank=True, editable=False, help_text='Set when the provider replies with 429 or 5xx, or can’t be reached.', null=True, verbose_name='paused until'),
        ),
        migrations.AlterField(
            model_name='imagemodel',
            name='expected_cost',
            field=models.JSONField(blank=True, help_text='What the provider charges for an image: per_image and per_megapixel, in dollars.', null=True, verbose_name='expected cost, $'),
        ),
        migrations.AlterField(
            model_name='job',
            name='error_detail',
            field=models.TextField(blank=True, verbose_name='provider’s message'),
        ),
        migrations.AlterField(
            model_name='job',
            name='runpod_id',
            field=models.CharField(blank=True, max_length=100, verbose_name='provider’s job'),
        ),
        migrations.AlterField(
            model_name='provideroutage',
            name='detail',
            field=models.TextField(blank=True, verbose_name='provider’s message'),
        ),
        migrations.AlterField(
            model_name='provideroutage',
            name='endpoint_id',
            field=models.CharField(max_length=100, verbose_name='endpoint id'),
        ),
        migrations.AlterField(
            model_name='provideroutage',
            name='kind',
            field=models.CharField(choices=[('key_refused', 'The API key is refused'), ('endpoint_missing', 'The endpoint does not exist'), ('replies_unread', 'Replies of the endpoint can’t be read')], max_length=20, verbose_name='problem'),
        ),
        migrations.AlterField(
            model_name='provideroutage',
            name='provider',
            field=models.CharField(choices=[('runpod', 'RunPod'), ('wavespeed', 'WaveSpeed')], db_default='runpod', default='runpod', max_length=20, verbose_name='provider'),
        ),
    ]
