from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0038_presets_and_own_styles'),
    ]

    operations = [
        migrations.AddField(
            model_name='collection',
            name='link_name',
            field=models.BooleanField(db_default=False, default=False, verbose_name='link shows the owner’s name'),
        ),
        migrations.AddField(
            model_name='collection',
            name='link_parameters',
            field=models.BooleanField(db_default=False, default=False, verbose_name='link shows prompts and parameters'),
        ),
        migrations.AddField(
            model_name='collection',
            name='link_slug',
            field=models.CharField(editable=False, max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='collection',
            name='link_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='link works until'),
        ),
    ]
