"""Issue an API token."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.credits import ledger
from accounts.emails import security_notices
from accounts.models import Scope, User, fold
from accounts.tokens import tokens
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole

MAX_DAYS = 3650


class Command(BaseCommand):
    """`issue_token EMAIL [--name NAME] [--scope S] [--expires DAYS] [--limit N]`.

    Standard output is only the token.
    """

    help = "Issue an API token and print only the token; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="default: the first unused of token, token 2, token 3 …")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="may be given several times; default: all",
        )
        parser.add_argument(
            "--expires",
            type=Whole(1, MAX_DAYS),
            metavar="DAYS",
            help="default: the token does not expire",
        )
        parser.add_argument(
            "--limit",
            type=Whole(1, ledger.MAX_CREDITS),
            metavar="CREDITS",
            help="how much it may spend; default: no limit",
        )

    def handle(self, *args: object, **options: Any) -> None:
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
        days, limit = options["expires"], options["limit"]
        scopes = options["scope"] or Scope.values
        text = tokens.issue(
            user=user,
            name=name.strip(),
            scopes=scopes,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
            credit_limit=limit,
        )
        security_notices.send_token_created(user=user, name=name.strip(), scopes=scopes)
        self.stdout.write(text)


def _names() -> Iterator[str]:
    yield "token"
    for number in count(2):
        yield f"token {number}"
