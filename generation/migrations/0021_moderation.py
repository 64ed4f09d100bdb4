"""Rules with categories and actions in place of blocked words; reviews of prompts.

The table of blocked words stays for the version that serves meanwhile, and for a return to it. A
migration of the next release drops it.
"""

import uuid

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


def copy_blocked_words(apps, schema_editor):
    """Make one rule of all blocked words, with the effect that they had."""
    words = apps.get_model("generation", "BlockedWord").objects.order_by("word")
    found = list(words.values_list("word", flat=True))
    if not found:
        return
    apps.get_model("generation", "ModerationRule").objects.create(
        kind="words",
        pattern="\n".join(found),
        inflections=False,
        category="other",
        action="refuse",
        at_placing=False,
        at_publishing=True,
        note="Blocked words of the version before",
    )
    apps.get_model("generation", "RulesVersion").objects.create(id=1, version=uuid.uuid4().hex)


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0020_backup_records'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ModerationRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('words', 'words and phrases, one per line'), ('regex', 'regular expression')], default='words', max_length=8, verbose_name='kind')),
                ('pattern', models.TextField(help_text='Words and phrases, one per line; case doesn’t matter. * after a word matches any ending: “weapon*”.', max_length=20000, verbose_name='text')),
                ('inflections', models.BooleanField(default=True, help_text='Finds other forms of the same words, in English and Russian.', verbose_name='with inflections')),
                ('category', models.CharField(choices=[('sexual', 'sexual content'), ('minors', 'children'), ('violence', 'violence'), ('hate', 'hate'), ('self_harm', 'self-harm'), ('people', 'real people'), ('illegal', 'illegal goods or acts'), ('copyright', 'protected works and brands'), ('other', 'site rules')], default='other', max_length=12, verbose_name='category')),
                ('action', models.CharField(choices=[('flag', 'flag'), ('hold', 'hold for review'), ('refuse', 'refuse')], default='refuse', max_length=8, verbose_name='action')),
                ('at_placing', models.BooleanField(default=True, verbose_name='when creating images')),
                ('at_publishing', models.BooleanField(default=True, verbose_name='when submitting to Explore')),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('note', models.CharField(blank=True, help_text='Visible to staff only.', max_length=200, verbose_name='note')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'moderation rule',
                'verbose_name_plural': 'moderation rules',
                'ordering': ['category', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PromptReview',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('refused', 'not allowed'), ('waiting', 'waiting for review'), ('approved', 'approved'), ('rejected', 'rejected'), ('canceled', 'canceled'), ('flagged', 'flagged'), ('seen', 'looked at')], max_length=10, verbose_name='state')),
                ('prompt', models.TextField(verbose_name='prompt')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('requests', models.JSONField(default=list)),
                ('is_batch', models.BooleanField(default=False)),
                ('key', models.CharField(blank=True, max_length=255)),
                ('token_id', models.UUIDField(null=True)),
                ('matches', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(verbose_name='sent')),
                ('appealed_at', models.DateTimeField(blank=True, null=True, verbose_name='appealed')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('placed', models.UUIDField(null=True)),
                ('obstacle', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name': 'prompt review',
                'verbose_name_plural': 'prompt reviews',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='RulesVersion',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='TrustedAuthor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(auto_now_add=True, verbose_name='since')),
            ],
            options={
                'verbose_name': 'trusted author',
                'verbose_name_plural': 'trusted authors',
                'ordering': ['-since', '-id'],
            },
        ),
        migrations.RunPython(copy_blocked_words, migrations.RunPython.noop, elidable=False),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name='BlockedWord')],
        ),
        migrations.AddField(
            model_name='publication',
            name='appealed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='appealed'),
        ),
        migrations.AddField(
            model_name='publication',
            name='matches',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['publication'], name='reports_open'),
        ),
        migrations.AddConstraint(
            model_name='moderationrule',
            constraint=models.CheckConstraint(condition=models.Q(('at_placing', True), ('at_publishing', True), _connector='OR'), name='rule_applies_somewhere', violation_error_message='Choose where the rule applies.'),
        ),
        migrations.AddField(
            model_name='promptreview',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='promptreview',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prompt_reviews', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddConstraint(
            model_name='rulesversion',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='one_version_of_rules'),
        ),
        migrations.AddField(
            model_name='trustedauthor',
            name='trusted_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='trusted by'),
        ),
        migrations.AddField(
            model_name='trustedauthor',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trusted_author', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddIndex(
            model_name='promptreview',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['created_at', 'id'], name='reviews_waiting'),
        ),
        migrations.AddIndex(
            model_name='promptreview',
            index=models.Index(condition=models.Q(('state', 'flagged')), fields=['created_at', 'id'], name='reviews_flagged'),
        ),
        migrations.AddIndex(
            model_name='promptreview',
            index=models.Index(fields=['user', '-id'], name='review_of_user'),
        ),
        migrations.AddIndex(
            model_name='promptreview',
            index=models.Index(fields=['user', 'digest'], name='review_of_prompt'),
        ),
        migrations.AddIndex(
            model_name='promptreview',
            index=models.Index(fields=['created_at'], name='review_age'),
        ),
        migrations.AddConstraint(
            model_name='promptreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('approved', 'rejected')), _negated=True), ('decided_at__isnull', False), _connector='OR'), name='review_is_decided_with_a_time'),
        ),
        migrations.AddConstraint(
            model_name='promptreview',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('user', 'digest'), name='one_waiting_review_per_prompt'),
        ),
    ]
