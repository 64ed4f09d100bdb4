"""`manage.py release --plan`: the migrations that would run."""

from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import TestCase

NAME = "0002_postgresql"


def plan() -> str:
    out = StringIO()
    call_command("release", "--plan", stdout=out)
    return out.getvalue()


def forget(app: str) -> None:
    """Let the second migration of the app and those after it be ones that have not run."""
    migrations = MigrationLoader(connection).disk_migrations
    after = [m for (of, name), m in migrations.items() if of == app and name >= NAME]
    names = [name for m in after for name in (m.name, *(old for _app, old in m.replaces))]
    MigrationRecorder(connection).migration_qs.filter(app=app, name__in=names).delete()


class TestPlan(TestCase):
    def test_it_says_that_there_is_nothing_to_migrate(self) -> None:
        assert plan() == "Migrations: none.\n"

    def test_it_names_what_would_run_and_runs_nothing(self) -> None:
        forget("accounts")
        said = plan()
        assert "Migrations (4):\n  accounts.0002_postgresql" in said
        assert not MigrationRecorder(connection).migration_qs.filter(name=NAME, app="accounts")
