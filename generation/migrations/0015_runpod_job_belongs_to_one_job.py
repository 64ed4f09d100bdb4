from django.db import migrations, models


class Migration(migrations.Migration):
    contract = "RunPod gives no id twice: only a forged webhook could make the version before write one into two rows"

    dependencies = [("generation", "0014_outages_and_results")]

    operations = [
        migrations.AddConstraint(
            model_name='job',
            constraint=models.UniqueConstraint(condition=models.Q(('runpod_id', ''), _negated=True), fields=('runpod_id',), name='runpod_job_belongs_to_one_job'),
        ),
    ]
