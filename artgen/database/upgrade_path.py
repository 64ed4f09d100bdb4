"""Which version has to migrate a database first: this one lacks the migrations that it replaces."""

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

REPLACED_SINCE = "commit ccef36fe"
"""The version that has run all replaced migrations; changes when more are squashed."""


def version_before(applied: Iterable[tuple[str, str]]) -> str:
    """Return the version to upgrade to first, "" if these migrations can be continued."""
    replaced = {
        name
        for migration in MigrationLoader(None).disk_migrations.values()
        for name in migration.replaces
    }
    known = replaced.intersection(applied)
    apps = {app for app, _name in known}
    return REPLACED_SINCE if any(app in apps for app, _name in replaced - known) else ""


def version_before_database() -> str:
    """Return the version to upgrade the database to first, "" if this one can migrate it."""
    return version_before(MigrationRecorder(connection).applied_migrations())
