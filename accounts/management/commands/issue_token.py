"""Issue an API token."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import tokens
from accounts.models import User, fold
from artgen.management.base import BaseCommand


class Command(BaseCommand):
    """`issue_token EMAIL [--name NAME]`; standard output is only the token."""

    help = "Issue an API token and print only the token; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", help="default: the first unused of token, token 2, token 3 …")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token."""
        email, name = fold(options["email"]), options["name"]
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        if not user.is_active:
            raise CommandError(f"{email} is inactive, so a token would not work.")
        if name is None:
            taken = set(user.tokens.filter(revoked_at=None).values_list("name", flat=True))
            name = next(name for name in _names() if name not in taken)
        if not 0 < len(name.strip()) <= 100:
            raise CommandError("--name must have 1 to 100 characters.")
        self.stdout.write(tokens.issue(user=user, name=name.strip()))


def _names() -> Iterator[str]:
    yield "token"
    for number in count(2):
        yield f"token {number}"
