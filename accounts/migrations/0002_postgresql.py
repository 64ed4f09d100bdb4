"""What PostgreSQL guards by itself, and indexes of Django's own tables.

The ledger is append-only: only the words of prompts can be taken out of the holds of an account
that is being erased. Commands without `--by` are entries of the audit log without a user.
"""

import django.contrib.admin.models
from django.db import migrations

LEDGER = """
CREATE FUNCTION refuse_to_rewrite_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.kind = 'hold' AND NEW.reason = ''
        AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
        AND EXISTS (SELECT 1 FROM accounts_user WHERE id = OLD.user_id AND erase_at IS NOT NULL)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: % refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON accounts_creditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_ledger();
"""
# The words are those of `artgen.admin.audit.search`.
AUDIT_LOG = """
ALTER TABLE django_admin_log ALTER COLUMN user_id DROP NOT NULL;
CREATE INDEX audit_newest_first ON django_admin_log (action_time DESC, id DESC);
CREATE INDEX audit_by_person ON django_admin_log (user_id, action_time DESC, id DESC);
CREATE INDEX audit_by_object ON django_admin_log (object_id, action_time DESC, id DESC);
CREATE INDEX audit_by_words ON django_admin_log
    USING gin (to_tsvector('simple', object_repr || ' ' || change_message));
"""
# The list of devices has hashes of session keys; this finds the session of a hash.
SESSIONS = """
CREATE INDEX django_session_by_key_hash
    ON django_session ((left(encode(sha256(session_key::bytea), 'hex'), 40)));
"""
BACKWARD = """
DROP TRIGGER ledger_is_append_only ON accounts_creditentry;
DROP FUNCTION refuse_to_rewrite_the_ledger();
DROP INDEX audit_newest_first, audit_by_person, audit_by_object, audit_by_words,
    django_session_by_key_hash;
"""


class Migration(migrations.Migration):
    contract = "a new database; there is no version before"
    replaces = [
        ("accounts", "0022_opened_mailboxes"),
    ]
    dependencies = [
        ("accounts", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("sessions", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[],
            options={
                "verbose_name": "entry of the audit log",
                "verbose_name_plural": "audit log",
                "ordering": ("-action_time", "-id"),
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("admin.logentry",),
            managers=[("objects", django.contrib.admin.models.LogEntryManager())],
        ),
        migrations.RunSQL(LEDGER + AUDIT_LOG + SESSIONS, BACKWARD),
    ]
