"""`manage.py release`: the migrations that would run, and whether they can."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import TestCase, override_settings

from artgen.database import version_history


def plan() -> str:
    out = StringIO()
    call_command("release", "--plan", stdout=out)
    return out.getvalue()


def forget(app: str) -> None:
    """Let the third migration of the app and those after it be ones that have not run."""
    migrations = MigrationLoader(None).disk_migrations
    names = [name for of, name in migrations if of == app and name >= "0003"]
    MigrationRecorder(connection).migration_qs.filter(app=app, name__in=names).delete()


class TestPlan(TestCase):
    def test_it_says_that_there_is_nothing_to_migrate(self) -> None:
        assert plan() == "Migrations: none.\n"

    def test_it_names_what_would_run_and_runs_nothing(self) -> None:
        forget("accounts")
        said = plan()
        assert "Migrations (8):\n  accounts.0003_webhooks\n" in said
        assert not MigrationRecorder(connection).migration_qs.filter(name="0003_webhooks")

    def test_it_says_how_many_rows_are_read(self) -> None:
        forget("generation")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = 150000 WHERE relname = 'generation_image'"
            )
        assert (
            "  generation.0003_placeholders_are_webp: 150,000 rows, about 76 s; "
            "the version before serves\n"
        ) in plan()


class TestSkippedVersion(TestCase):
    def test_it_names_the_version_that_comes_first(self) -> None:
        known = MigrationRecorder(connection).migration_qs
        known.filter(app="generation", name__gte="0048").delete()
        for arguments in ((), ("--plan",)):
            with pytest.raises(CommandError, match="upgrade to commit ccef36fe first"):
                call_command("release", *arguments, stdout=StringIO(), stderr=StringIO())


class TestVersionHistory(TestCase):
    def test_it_keeps_the_version_before(self) -> None:
        first = settings.VERSION
        version_history.record()
        assert version_history.read() == (first, "")
        for _again in range(2):
            with override_settings(VERSION="9.1.0"):
                version_history.record()
                assert version_history.read() == ("9.1.0", first)
