"""Let PostgreSQL itself refuse to change or delete entries of the ledger."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CREATE = """
CREATE FUNCTION refuse_to_rewrite_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON accounts_creditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_ledger();
"""
DROP = """
DROP TRIGGER ledger_is_append_only ON accounts_creditentry;
DROP FUNCTION refuse_to_rewrite_the_ledger();
"""


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the trigger; other databases rely on the model, which refuses as well."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the trigger."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP, params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_users_ledger_and_tokens")]

    operations = [migrations.RunPython(create, drop)]
