"""The schema of 0.1.0. `replaces` lets a database of the commits before it continue."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("accounts", "0001_users_ledger_and_tokens"),
        ("accounts", "0002_ledger_is_append_only"),
        ("accounts", "0003_accounts_can_be_erased"),
        ("accounts", "0004_erased_accounts_lose_their_words"),
        ("accounts", "0005_outgoing_emails"),
        ("accounts", "0006_wording"),
        ("accounts", "0007_token_scopes_expiry_and_limit"),
        ("accounts", "0008_session_epoch"),
        ("accounts", "0009_daily_limits"),
        ("accounts", "0010_outgoing_emails_in_the_admin"),
        ("accounts", "0011_bans_and_invitations"),
        ("accounts", "0012_audit_log_indexes"),
        ("accounts", "0013_quotas"),
        ("accounts", "0015_ways_to_get_credits"),
        ("accounts", "0017_commands_in_the_audit_log"),
        ("accounts", "0018_prompt_help"),
        ("accounts", "0019_numbers_in_range"),
        ("accounts", "0020_kind_of_mail_errors"),
        ("accounts", "0021_hash_session_keys_of_devices"),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='OpenedMailbox',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('max_jobs_at_once', models.PositiveIntegerField(blank=True, help_text='Further jobs wait in the queue. Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs at once')),
                ('max_jobs_waiting', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs in the queue')),
                ('max_jobs_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs per day')),
                ('max_jobs_per_month', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs per month')),
                ('max_credits_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='credits per day')),
                ('max_credits_per_month', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='credits per month')),
                ('max_cancels_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='cancellations per day')),
                ('max_batch', models.PositiveSmallIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='images in one request')),
                ('max_megapixels', models.FloatField(blank=True, help_text='1 is 1024 × 1024 px, or as many pixels in another shape. Empty: the most generous of the user’s groups, else the default of this site.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10000)], verbose_name='largest image, megapixels')),
                ('allowed_models', models.TextField(blank=True, db_default='', default='', help_text='Empty: the most generous of the user’s groups, else the default of this site.', verbose_name='allowed models')),
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(error_messages={'unique': 'A user with this email already exists.'}, max_length=254, unique=True, verbose_name='email')),
                ('name', models.CharField(blank=True, max_length=100, verbose_name='name')),
                ('is_staff', models.BooleanField(default=False, help_text='Has access to the admin.', verbose_name='staff')),
                ('is_active', models.BooleanField(default=True, help_text='Turn this off instead of deleting the user.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='joined')),
                ('language', models.CharField(blank=True, help_text='Empty: same as browser.', max_length=8, verbose_name='language')),
                ('prompt_help', models.CharField(blank=True, choices=[('', 'Nothing: create at once'), ('translate', 'A translation, if the model doesn’t support the language'), ('enhance', 'An enhanced prompt')], db_default='', default='', max_length=9, verbose_name='prompt help')),
                ('time_zone', models.CharField(blank=True, help_text='Empty: same as server.', max_length=64, verbose_name='time zone')),
                ('credits', models.IntegerField(default=0, editable=False, help_text='Available.', verbose_name='credits')),
                ('held', models.IntegerField(default=0, editable=False, help_text='Held for jobs in progress.', verbose_name='held')),
                ('session_epoch', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('opened_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='opened')),
                ('erase_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='to be erased')),
                ('erased_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='erased')),
                ('banned_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='banned')),
                ('banned_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='banned until')),
                ('ban_reason', models.CharField(blank=True, db_default='', default='', editable=False, max_length=300, verbose_name='reason of the ban')),
                ('max_upload_bytes', models.PositiveBigIntegerField(blank=True, help_text='Empty: the default of this site.', null=True, verbose_name='bytes of uploads')),
                ('max_image_bytes', models.PositiveBigIntegerField(blank=True, help_text='Empty: the default of this site.', null=True, verbose_name='bytes of images')),
                ('counted_on', models.DateField(editable=False, null=True)),
                ('jobs_today', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('cancels_today', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('credits_today', models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                ('jobs_this_month', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('credits_this_month', models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ('email',),
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('prefix', models.CharField(editable=False, max_length=8, verbose_name='begins with')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('scopes', models.CharField(db_default='read create manage', default='read create manage', editable=False, max_length=40, verbose_name='scopes')),
                ('expires_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='expires')),
                ('credit_limit', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='spending limit')),
                ('credits_spent', models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name='spent')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'API token',
                'verbose_name_plural': 'API tokens',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='CreditEntry',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('grant', 'Added'), ('hold', 'Held'), ('settle', 'Charged'), ('release', 'Returned'), ('adjust', 'Adjustment')], max_length=8, verbose_name='kind')),
                ('amount', models.IntegerField(verbose_name='amount')),
                ('balance_after', models.IntegerField(verbose_name='balance after')),
                ('reference', models.UUIDField(blank=True, null=True, verbose_name='reference')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('external_reference', models.CharField(blank=True, editable=False, max_length=200, null=True, verbose_name='external reference')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries_made', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger entries',
            },
        ),
        migrations.CreateModel(
            name='CreditPage',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('text_en', models.TextField(blank=True, max_length=5000, verbose_name='text (English)')),
                ('text_ru', models.TextField(blank=True, max_length=5000, verbose_name='text (Russian)')),
                ('takes_requests', models.BooleanField(default=True, help_text='Turn this off if nobody answers requests.', verbose_name='“Ask for credits”')),
            ],
            options={
                'verbose_name': 'page “How to get credits”',
                'verbose_name_plural': 'page “How to get credits”',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='credit_page_is_one_row')],
            },
        ),
        migrations.CreateModel(
            name='CreditRequest',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('note', models.CharField(max_length=1000, verbose_name='note')),
                ('state', models.CharField(choices=[('open', 'Open'), ('granted', 'Granted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='open', max_length=9, verbose_name='state')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='sent')),
                ('decided_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='decided')),
                ('amount', models.PositiveIntegerField(blank=True, null=True, verbose_name='credits')),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='answer')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='credit_requests_decided', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credit_requests', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'request for credits',
                'verbose_name_plural': 'requests for credits',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='GroupQuota',
            fields=[
                ('max_jobs_at_once', models.PositiveIntegerField(blank=True, help_text='Further jobs wait in the queue. Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs at once')),
                ('max_jobs_waiting', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs in the queue')),
                ('max_jobs_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs per day')),
                ('max_jobs_per_month', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='jobs per month')),
                ('max_credits_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='credits per day')),
                ('max_credits_per_month', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='credits per month')),
                ('max_cancels_per_day', models.PositiveIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='cancellations per day')),
                ('max_batch', models.PositiveSmallIntegerField(blank=True, help_text='Empty: the most generous of the user’s groups, else the default of this site.', null=True, verbose_name='images in one request')),
                ('max_megapixels', models.FloatField(blank=True, help_text='1 is 1024 × 1024 px, or as many pixels in another shape. Empty: the most generous of the user’s groups, else the default of this site.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10000)], verbose_name='largest image, megapixels')),
                ('allowed_models', models.TextField(blank=True, db_default='', default='', help_text='Empty: the most generous of the user’s groups, else the default of this site.', verbose_name='allowed models')),
                ('group', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='quota', serialize=False, to='auth.group', verbose_name='group')),
            ],
            options={
                'verbose_name': 'quotas of the group',
                'verbose_name_plural': 'quotas of the group',
                'constraints': [models.CheckConstraint(condition=models.Q(('max_megapixels__gte', 0), ('max_megapixels__lte', 10000)), name='groupquota_megapixels_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, verbose_name='email')),
                ('credits', models.PositiveIntegerField(help_text='Granted when the account is created.', verbose_name='starting credits')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='sent')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('accepted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='accepted')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations_sent', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitation', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='OutgoingEmail',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('recipient', models.EmailField(blank=True, max_length=254, verbose_name='recipient')),
                ('subject', models.TextField(verbose_name='subject')),
                ('body', models.TextField(blank=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name='next attempt')),
                ('error_kind', models.CharField(blank=True, db_default='', max_length=20)),
                ('last_error', models.CharField(blank=True, max_length=400, verbose_name='reply of the mail server')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='enqueued')),
            ],
            options={
                'verbose_name': 'outgoing email',
                'verbose_name_plural': 'outgoing emails',
                'indexes': [models.Index(models.F('due_at'), models.F('id'), name='email_by_due_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('due_at__isnull', False), ('body', ''), _connector='OR'), name='email_given_up_has_no_text')],
            },
        ),
        migrations.CreateModel(
            name='Voucher',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(editable=False, max_length=32, unique=True, verbose_name='code')),
                ('amount', models.PositiveIntegerField(verbose_name='credits')),
                ('max_uses', models.PositiveIntegerField(default=1, verbose_name='uses')),
                ('uses', models.PositiveIntegerField(default=0, editable=False, verbose_name='used')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='valid until')),
                ('note', models.CharField(blank=True, help_text='For staff, such as what it is for.', max_length=100, verbose_name='note')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='vouchers_created', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'voucher',
                'verbose_name_plural': 'vouchers',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='VoucherUse',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('used_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='used')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='voucher_uses', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('voucher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='used_by', to='accounts.voucher', verbose_name='voucher')),
            ],
            options={
                'verbose_name': 'use of a voucher',
                'verbose_name_plural': 'uses of vouchers',
                'ordering': ('-used_at', '-id'),
            },
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(models.F('erase_at'), condition=models.Q(('erase_at__isnull', False), ('erased_at', None)), name='user_to_be_erased'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(models.F('max_jobs_at_once'), condition=models.Q(('max_jobs_at_once__isnull', False)), name='user_with_jobs_at_once'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='email_unique_in_any_case', violation_error_message='A user with this email already exists.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gte', 0)), name='credits_never_negative'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0)), name='held_never_negative'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('max_megapixels__gte', 0), ('max_megapixels__lte', 10000)), name='user_megapixels_in_range'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('erase_at', None), ('is_active', False), _connector='OR'), name='account_to_be_erased_is_locked'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('erase_at', None), _negated=True), _connector='OR'), name='account_erased_when_asked'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ban_reason', ''), ('banned_at', None), ('banned_until', None)), models.Q(('banned_at__isnull', False), models.Q(('ban_reason', ''), _negated=True)), _connector='OR'), name='user_ban_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('user', 'name'), name='live_token_names_unique_per_user'),
        ),
        migrations.AddIndex(
            model_name='creditentry',
            index=models.Index(models.F('user'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='ledger_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind', 'grant')), models.Q(('amount__lte', 0), ('kind', 'hold')), models.Q(('amount__gte', 0), ('kind__in', ('settle', 'release'))), models.Q(('amount__gt', 0), ('kind', 'adjust')), models.Q(('amount__lt', 0), ('kind', 'adjust')), _connector='OR'), name='amount_has_the_sign_of_its_kind'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('hold', 'settle', 'release')), ('reference__isnull', False)), models.Q(('kind__in', ('grant', 'adjust')), ('reference__isnull', True)), _connector='OR'), name='reference_exactly_for_holds_and_ends'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(('balance_after__gte', 0)), name='balance_after_never_negative'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'hold')), fields=('reference',), name='one_hold_per_reference'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ('settle', 'release'))), fields=('reference',), name='a_hold_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.UniqueConstraint(condition=models.Q(('external_reference__isnull', False)), fields=('external_reference',), name='external_reference_granted_once'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(('external_reference', None), models.Q(('kind', 'grant'), models.Q(('external_reference', ''), _negated=True)), _connector='OR'), name='external_reference_only_of_grants'),
        ),
        migrations.AddIndex(
            model_name='creditrequest',
            index=models.Index(models.F('created_at'), models.F('id'), condition=models.Q(('state', 'open')), name='credit_requests_open'),
        ),
        migrations.AddIndex(
            model_name='creditrequest',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='credit_requests_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='creditrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('user',), name='one_open_credit_request_per_user'),
        ),
        migrations.AddConstraint(
            model_name='creditrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('decided_at', None), ('state', 'open')), models.Q(('amount', None), ('decided_at__isnull', False), ('state', 'withdrawn')), models.Q(('amount__gte', 1), ('decided_at__isnull', False), ('state', 'granted')), models.Q(('amount', None), ('decided_at__isnull', False), ('state', 'declined'), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='credit_request_says_how_it_ended'),
        ),
        migrations.AddConstraint(
            model_name='creditrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'granted'), _negated=True), ('amount__isnull', False), _connector='OR'), name='credit_request_granted_with_an_amount'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='invitations_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None)), fields=('email',), name='one_open_invitation_per_email'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at', None), ('user', None)), models.Q(('accepted_at__isnull', False), ('revoked_at', None), ('user__isnull', False)), _connector='OR'), name='invitation_accepted_by_a_user'),
        ),
        migrations.AddIndex(
            model_name='voucher',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='vouchers_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='voucher',
            constraint=models.CheckConstraint(condition=models.Q(('uses__lte', models.F('max_uses'))), name='voucher_used_no_more_than_allowed'),
        ),
        migrations.AddConstraint(
            model_name='voucher',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 1), ('max_uses__gte', 1)), name='voucher_adds_credits'),
        ),
        migrations.AddConstraint(
            model_name='voucheruse',
            constraint=models.UniqueConstraint(fields=('voucher', 'user'), name='voucher_used_once_per_user'),
        ),
    ]
