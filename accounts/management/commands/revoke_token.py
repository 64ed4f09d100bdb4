"""Revoke an API token."""

from django.core.management.base import CommandError, CommandParser

from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import User, fold
from accounts.tokens import tokens
from artgen.management.base import BaseCommand


class Command(BaseCommand):
    """`revoke_token EMAIL NAME`."""

    help = "Revoke an API token by its name; it stops working at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: object, email: str, name: str, **options: object) -> None:
        email = fold(email)
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        live = list(user.tokens.filter(revoked_at=None).values_list("name", flat=True))
        if name not in live:
            names = ", ".join(live) or "none"
            raise CommandError(f"{email} has no token {name!r}. Live tokens: {names}.")
        tokens.revoke(user=user, name=name)
        security_notices.send(Change.TOKEN_REVOKED, user=user, name=name)
        self.stdout.write(f"Revoked {name!r} of {email}")
