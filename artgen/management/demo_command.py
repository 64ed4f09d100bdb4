"""Base class of commands that need the dependency group `demo`, which production leaves out."""

import sys
from importlib.util import find_spec
from typing import Any

from django.core.management.base import CommandError, CommandParser

from artgen.management.base import BaseCommand

PACKAGES = ("aiohttp",)


def missing_packages() -> list[str]:
    """Return the packages of the group that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


class DemoCommand(BaseCommand):
    """A command that ends with a CommandError where packages are missing."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser; raise CommandError where packages are missing."""
        _require_packages(subcommand)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command; print the error here, because Django does so only after parsing."""
        try:
            _require_packages(argv[1])
        except CommandError as error:
            self.stderr.write(f"CommandError: {error}")
            sys.exit(error.returncode)
        super().run_from_argv(argv)


def _require_packages(command: str) -> None:
    if missing := missing_packages():
        raise CommandError(
            f"`{command}` needs packages that are not installed: {', '.join(missing)}. Install "
            "them: pip install -r deploy/requirements-demo.txt"
        )
