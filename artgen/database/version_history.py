"""Which version has migrated the database, and which one before: a comment of its migrations.

So there is no table that an older version lacks, and a backup has it.
"""

from django.conf import settings
from django.db import connection
from psycopg import sql


def record() -> None:
    """Store that this version has migrated the database."""
    version, _before = read()
    if version != settings.VERSION:
        text = sql.quote(f"{settings.VERSION} {version}".strip())
        with connection.cursor() as cursor:
            cursor.execute(f"COMMENT ON TABLE django_migrations IS {text}")


def read() -> tuple[str, str]:
    """Return the version that has migrated last, and the one before it; "" if unknown."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('django_migrations'::regclass)")
        (text,) = cursor.fetchone()
    version, _, before = (text or "").partition(" ")
    return version, before
