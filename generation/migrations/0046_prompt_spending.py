from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0045_job_unreported_usd'),
    ]

    operations = [
        migrations.CreateModel(
            name='PromptSpending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('billed_day', models.DateField()),
                ('group_id', models.IntegerField(default=0)),
                ('calls', models.PositiveIntegerField()),
                ('credits', models.PositiveBigIntegerField()),
                ('usd', models.DecimalField(decimal_places=8, max_digits=18)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'billed_day', 'group_id'), name='one_prompt_sum_per_day'), models.CheckConstraint(condition=models.Q(('usd__gte', Decimal('0'))), name='prompt_spending_is_not_negative')],
            },
        ),
    ]
