"""`manage.py release --plan`: the migrations that would run."""

import re
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import TestCase


def plan() -> str:
    out = StringIO()
    call_command("release", "--plan", stdout=out)
    return out.getvalue()


class TestPlan(TestCase):
    def test_it_says_that_there_is_nothing_to_migrate(self) -> None:
        assert plan() == "Migrations: none.\n"

    def test_it_names_what_would_run_and_runs_nothing(self) -> None:
        recorder = MigrationRecorder(connection)
        (newest,) = recorder.migration_qs.filter(app="accounts").order_by("-name")[:1]
        newest.delete()
        said = plan()
        assert f"Migrations (1):\n  accounts.{newest.name}" in said
        assert re.search(r"Migrations take up to \d+ (s|min)\.", said)
        assert not recorder.migration_qs.filter(name=newest.name).exists()

    def test_it_warns_of_migrations_that_read_many_rows(self) -> None:
        recorder = MigrationRecorder(connection)
        recorder.migration_qs.filter(app="generation", name__gte="0006").delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = 4000000 WHERE relname = 'generation_image'"
            )
        assert re.search(r"generation\.0006_\w+ - reads existing rows, up to \d+ min", plan())

    def test_it_knows_which_fields_change_without_reading_rows(self) -> None:
        recorder = MigrationRecorder(connection)
        recorder.migration_qs.filter(app="generation", name__gte="0016").delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = 4000000 WHERE relname = 'generation_image'"
            )
        assert "  generation.0016_plain_names\n" in plan()
