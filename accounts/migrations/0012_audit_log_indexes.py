"""Indexes of Django's admin log, which is the audit log: newest first, by person, object and text.

Django's model has only those of its foreign keys. The words are those of the audit log's search:
`artgen.audit.search`.
"""

import django.contrib.admin.models
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

INDEXES = (
    models.Index(F("action_time").desc(), F("id").desc(), name="audit_newest_first"),
    models.Index("user", F("action_time").desc(), F("id").desc(), name="audit_by_person"),
    models.Index("object_id", F("action_time").desc(), F("id").desc(), name="audit_by_object"),
)
WORDS = """
CREATE INDEX audit_by_words ON django_admin_log
USING gin (to_tsvector('simple', object_repr || ' ' || change_message))
"""


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the indexes; SQLite, in the demo, reads the texts of all entries."""
    model = apps.get_model("admin", "LogEntry")
    for index in INDEXES:
        schema_editor.add_index(model, index)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(WORDS, params=None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the indexes."""
    model = apps.get_model("admin", "LogEntry")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX audit_by_words", params=None)
    for index in INDEXES:
        schema_editor.remove_index(model, index)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_bans_and_invitations"),
        ("admin", "0003_logentry_add_action_flag_choices"),
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
        migrations.RunPython(create, drop),
    ]
