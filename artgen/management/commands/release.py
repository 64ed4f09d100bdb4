"""`release`: what has to be done once before a version serves: checks, tables, models on offer, bucket."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS = (
    ("check", "--fail-level", "ERROR"),
    ("migrate", "--noinput", "--verbosity", "1"),
    ("load_catalog",),
    ("setup_bucket",),
)


class Command(BaseCommand):
    """Do all steps in one process; the first that fails ends it."""

    help = "Checks the configuration, migrates, loads the catalog (what staff edited is kept), makes the bucket ready."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each step as the command that it is."""
        for step in STEPS:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
