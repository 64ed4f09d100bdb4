import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0037_dismissed_jobs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FavoriteModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='generation.imagemodel')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favorite_models', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'model'), name='favorite_model_once_per_user')],
            },
        ),
        migrations.CreateModel(
            name='OwnStyle',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('folded_name', models.CharField(editable=False, max_length=120)),
                ('template', models.CharField(max_length=500, verbose_name='text')),
                ('negative', models.CharField(blank=True, max_length=500, verbose_name='negative text')),
                ('position', models.PositiveIntegerField(default=0)),
                ('deleted_at', models.DateTimeField(blank=True, null=True, verbose_name='deleted')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='own_styles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'own style',
                'verbose_name_plural': 'own styles',
                'ordering': ['position', 'id'],
                'indexes': [models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['deleted_at'], name='own_style_deleted')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('user', 'folded_name'), name='own_style_name_once_per_user')],
            },
        ),
        migrations.CreateModel(
            name='Preset',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('folded_name', models.CharField(editable=False, max_length=180)),
                ('values', models.JSONField(default=dict)),
                ('previous_values', models.JSONField(editable=False, null=True)),
                ('position', models.PositiveIntegerField(default=0)),
                ('link_slug', models.CharField(editable=False, max_length=32, null=True, unique=True)),
                ('deleted_at', models.DateTimeField(blank=True, null=True, verbose_name='deleted')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presets', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'preset',
                'verbose_name_plural': 'presets',
                'ordering': ['position', 'id'],
                'indexes': [models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['deleted_at'], name='preset_deleted')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('user', 'folded_name'), name='preset_name_once_per_user')],
            },
        ),
    ]
