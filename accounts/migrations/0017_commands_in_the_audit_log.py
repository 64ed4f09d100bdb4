"""Entries of the audit log without a user: commands that are run without `--by`.

The table is Django's, whose model has a user for each entry, so only the column changes.
"""

from copy import copy

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

INDEXES = (
    models.Index(F("action_time").desc(), F("id").desc(), name="audit_newest_first"),
    models.Index("user", F("action_time").desc(), F("id").desc(), name="audit_by_person"),
    models.Index("object_id", F("action_time").desc(), F("id").desc(), name="audit_by_object"),
)


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let `user_id` be NULL; SQLite copies the table, without the indexes of 0012."""
    model = apps.get_model("admin", "LogEntry")
    before = model._meta.get_field("user")
    after = copy(before)
    after.null = True
    schema_editor.alter_field(model, before, after)
    if schema_editor.connection.vendor == "sqlite":
        for index in INDEXES:
            schema_editor.add_index(model, index)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_quotas")]

    # Back again the column stays as it is: the version before reads it, and would lose entries.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
