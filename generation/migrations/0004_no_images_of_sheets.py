"""The page of a comparison is its sheet; none is drawn as an image any more.

The table stays for the version before, and its rows go with their sheets and users. 0.2 drops it:
`contract = "since 0.1 nobody reads it"`, `DROP TABLE IF EXISTS generation_sheetimage`.
"""

from django.db import migrations

CASCADE = """
DO $$ DECLARE key record; BEGIN
    FOR key IN SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid = 'generation_sheetimage'::regclass AND contype = 'f'
    LOOP
        EXECUTE format(
            'ALTER TABLE generation_sheetimage DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
            key.conname, key.conname,
            replace(key.definition, ' DEFERRABLE', ' ON DELETE CASCADE DEFERRABLE'));
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0003_placeholders_are_webp"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CASCADE, migrations.RunSQL.noop)],
            state_operations=[migrations.DeleteModel(name="SheetImage")],
        ),
    ]
