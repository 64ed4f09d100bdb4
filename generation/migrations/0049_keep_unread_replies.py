import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    contract = "the version before writes no outage of the added kind"

    dependencies = [
        ('generation', '0048_sums_of_deleted_jobs'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnreadReply',
            fields=[
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='unread_reply', serialize=False, to='generation.job')),
                ('endpoint_id', models.CharField(max_length=100)),
                ('request_format', models.JSONField(null=True)),
                ('body', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('is_open', models.BooleanField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='provideroutage',
            name='one_outage_per_endpoint',
        ),
        migrations.AlterField(
            model_name='provideroutage',
            name='kind',
            field=models.CharField(choices=[('key_refused', 'RunPod refuses the API key'), ('endpoint_missing', 'RunPod does not have the endpoint'), ('replies_unread', 'Replies of the endpoint can’t be read')], max_length=20, verbose_name='problem'),
        ),
        migrations.AddConstraint(
            model_name='provideroutage',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'key_refused'), _negated=True), fields=('endpoint_id', 'kind'), name='one_outage_per_endpoint'),
        ),
        migrations.AddIndex(
            model_name='unreadreply',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['endpoint_id'], name='unread_reply_open'),
        ),
    ]
