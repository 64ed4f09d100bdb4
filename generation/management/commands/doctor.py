"""`doctor [--json]`: is everything there that ArtGen needs, and if not, what to do?"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generation.operations.doctor import Check, examine


class Command(BaseCommand):
    """Look at everything, say what to do, fail when something is broken."""

    help = "Checks everything ArtGen needs and says what to do. Exit status 1 when something is broken."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --json."""
        parser.add_argument(
            "--json", action="store_true", help='print {"ok", "checks": [{"name", "ok", …}]}'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError when a check is not ok."""
        checks: list[Check] = []
        for check in examine():
            checks.append(check)
            if not options["json"]:
                self._show(check)
        broken = [check.name for check in checks if not check.ok]
        if options["json"]:
            report = {"ok": not broken, "checks": [check.as_json() for check in checks]}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")
        if not options["json"]:
            self.stdout.write("Nothing is broken.")

    def _show(self, check: Check) -> None:
        style, word = (
            (self.style.ERROR, "BROKEN")
            if not check.ok
            else (self.style.WARNING, "look")
            if check.is_warning
            else (self.style.SUCCESS, "ok")
        )
        self.stdout.write(f"{style(f'{word:<7}')} {check.name}: {check.detail}")
        if check.hint:
            self.stdout.write(f"        {check.hint}")
        self.stdout.flush()
