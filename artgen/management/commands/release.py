"""`release`: steps before a version serves: checks, migrations, catalog, bucket."""

from argparse import ArgumentParser

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from artgen.database import upgrade_path, version_history
from artgen.database.online_migrations import AddIndexOnline, ChangeRows
from artgen.management.base import BaseCommand

CHECK = ("check", "--fail-level", "ERROR")
STEPS = (
    ("migrate", "--noinput", "--verbosity", "1"),
    ("load_catalog",),
)
OPTIONAL_STEPS = (("setup_bucket",),)
"""Steps whose failure is reported but does not keep the site from starting."""


class Command(BaseCommand):
    """Runs all steps in one process and stops at the first failure, unless the step is optional."""

    help = (
        "Check the configuration, migrate, load the catalog (edits are kept), set up the bucket. A "
        "failure of the bucket is reported, and the site starts without it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--plan",
            action="store_true",
            help="print the migrations that would run; change nothing",
        )

    def handle(self, *args: object, plan: bool, **options: object) -> None:
        if not plan:
            call_command(*CHECK, stdout=self.stdout, stderr=self.stderr)
        if version := upgrade_path.version_before_database():
            raise CommandError(
                f"The database is of an older version: upgrade to {version} first, then to this "
                "one. Nothing has changed."
            )
        if plan:
            self._show_plan()
            return
        for step in STEPS:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
        version_history.record()
        for step in OPTIONAL_STEPS:
            try:
                call_command(*step, stdout=self.stdout, stderr=self.stderr)
            except Exception as error:  # noqa: BLE001 whatever fails, pages must be served
                self.stderr.write(
                    f"ERROR: {step[0]}: {error}\nArtGen starts without it. Correct it, then run: "
                    f"manage.py {step[0]}",
                    self.style.ERROR,
                )

    def _show_plan(self) -> None:
        executor = MigrationExecutor(connection)
        migrations = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self.stdout.write(f"Migrations ({len(migrations)}):" if migrations else "Migrations: none.")
        for migration, _backwards in migrations:
            self.stdout.write(f"  {migration.app_label}.{migration.name}{_size(migration)}")


def _size(migration: Migration) -> str:
    """Return how many rows the migration goes through, and about how long that takes."""
    rows = seconds = 0
    for operation in migration.operations:
        if isinstance(operation, AddIndexOnline | ChangeRows):
            count = _count(f"{migration.app_label}_{operation.model_name}")
            rows, seconds = max(rows, count), seconds + count // operation.rows_per_second
    return f": {rows:,} rows, about {seconds + 1} s; the version before serves" if rows else ""


def _count(table: str) -> int:
    """Return the rows of a table as PostgreSQL estimates them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)",
            [table],
        )
        (count,) = cursor.fetchone() or (0,)
    return int(count)
