"""Which models of the catalog make finals: offered first by Finish."""

from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Trim

BEST = ("flux-dev", "qwen-image", "seedream-4", "flux-kontext", "qwen-image-edit-2511")


def mark(apps, schema_editor):
    models = apps.get_model("generation", "ImageModel").objects.filter(slug__in=BEST)
    models.update(purposes=Trim(Concat("purposes", Value(" best"))))


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0012_explore_search'),
    ]

    operations = [
        migrations.AlterField(
            model_name='imagemodel',
            name='purposes',
            field=models.CharField(blank=True, db_default='', default='', help_text='Any of: fast photo text best. Users filter the list of models by them. Finish offers those with best first.', max_length=60, verbose_name='good at'),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
