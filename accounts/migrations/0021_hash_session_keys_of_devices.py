"""The list of devices has hashes of session keys; an index finds the session of a hash."""

from django.db import migrations

KEY_HASH = "left(encode(sha256(session_key::bytea), 'hex'), 40)"
INDEX = f"CREATE INDEX IF NOT EXISTS django_session_by_key_hash ON django_session (({KEY_HASH}))"


def hash_keys(apps, schema_editor):
    key_hash = KEY_HASH
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX)
    else:
        key_hash = "substr(sha256(session_key), 1, 40)"
    schema_editor.execute(
        f"UPDATE usersessions_usersession SET session_key = {key_hash}"  # noqa: S608
        " WHERE length(session_key) < 40"
    )


def empty(apps, schema_editor):
    """Delete the list, which the version before fills again; sessions stay valid."""
    apps.get_model("usersessions", "UserSession").objects.all().delete()
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX django_session_by_key_hash")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_kind_of_mail_errors"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(hash_keys, empty)]
