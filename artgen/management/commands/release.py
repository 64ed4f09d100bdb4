"""`release`: steps before a version serves: checks, migrations, catalog, bucket."""

from argparse import ArgumentParser

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from artgen.management.base import BaseCommand

STEPS = (
    ("check", "--fail-level", "ERROR"),
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
        if plan:
            self._show_plan()
            return
        for step in STEPS:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
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
            self.stdout.write(f"  {migration.app_label}.{migration.name}")
