"""`release`: steps before a version serves: checks, migrations, catalog, bucket."""

from typing import Any

from django.core.management import call_command

from artgen.management.base import BaseCommand

STEPS = (
    ("check", "--fail-level", "ERROR"),
    ("migrate", "--noinput", "--verbosity", "1"),
    ("load_catalog",),
    ("setup_bucket",),
)


class Command(BaseCommand):
    """Runs all steps in one process and stops at the first failure."""

    help = "Check the configuration, migrate, load the catalog (edits are kept), set up the bucket."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each step as a command."""
        for step in STEPS:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
