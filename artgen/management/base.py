"""How commands show refusals: one line in English on standard error, exit code 1."""

from typing import Any

from django.core.management.base import BaseCommand as DjangoCommand
from django.core.management.base import CommandError
from django.utils import translation

from artgen.refusals import Refusal


class BaseCommand(DjangoCommand):
    """A command that ends with the message of a refusal that it does not handle itself."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command."""
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            raise CommandError(reason(refusal)) from refusal


def reason(refusal: Refusal) -> str:
    """Return the message in English, whatever the language of the site."""
    with translation.override("en"):
        return refusal.message
