"""Let the words of prompts be taken out of the entries of an account that is being erased; nothing else can change."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ALLOW = """
CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.kind = 'hold' AND NEW.reason = ''
        AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
        AND EXISTS (SELECT 1 FROM accounts_user WHERE id = OLD.user_id AND erase_at IS NOT NULL)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
REFUSE = """
CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Replace the function behind the trigger."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ALLOW, params=None)


def refuse(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bring back the function that refuses everything."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REFUSE, params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_accounts_can_be_erased")]

    operations = [migrations.RunPython(allow, refuse)]
