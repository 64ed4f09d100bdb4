"""`doctor [--json] [--email ADDRESS]`: check everything ArtGen needs, with hints."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, no_translations
from django.core.validators import validate_email

from artgen.management.base import BaseCommand
from generation.operations.doctor import Check, run_checks


class Command(BaseCommand):
    help = (
        "Checks everything ArtGen needs and says what to do, also before anything runs. Exit "
        "status 1 if a check fails; `look` marks warnings, `skipped` what a failed check prevents."
    )
    requires_system_checks = []  # they are the first check

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help='print {"ok", "checks": [{"name", "ok", …}]}'
        )
        parser.add_argument(
            "--email", default="", metavar="ADDRESS", help="also send a test email to this address"
        )

    @no_translations
    def handle(self, *args: object, **options: Any) -> None:
        if options["email"]:
            try:
                validate_email(options["email"])
            except ValidationError as error:
                raise CommandError(f"{options['email']} is not an email address.") from error
        checks: list[Check] = []
        for check in run_checks(test_address=options["email"]):
            checks.append(check)
            if not options["json"]:
                self._show(check)
        broken = [check.name for check in checks if check.ok is False]
        if options["json"]:
            report = {"ok": not broken, "checks": [check.as_json() for check in checks]}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")
        if not options["json"]:
            self.stdout.write("Nothing is broken.")

    def _show(self, check: Check) -> None:
        if check.ok is None:
            style, word = self.style.WARNING, "skipped"
        elif not check.ok:
            style, word = self.style.ERROR, "BROKEN"
        elif check.is_warning:
            style, word = self.style.WARNING, "look"
        else:
            style, word = self.style.SUCCESS, "ok"
        self.stdout.write(f"{style(f'{word:<7}')} {check.name}: {check.detail}")
        if check.hint:
            self.stdout.write(f"        {check.hint}")
        self.stdout.flush()
