"""Grant credits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import ledger
from accounts.models import User, fold


class Command(BaseCommand):
    """`grant_credits EMAIL N --reason TEXT`."""

    help = (
        "Add credits to a user's balance; the reason is stored in the ledger, visible to the user."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("amount", type=int, metavar="N")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the entry and print the new balance."""
        email, amount, reason = fold(options["email"]), options["amount"], options["reason"]
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        if len(reason) > 300:
            raise CommandError("--reason can have up to 300 characters.")
        try:
            entry = ledger.grant(user=user, amount=amount, reason=reason)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Granted {amount} credits to {email}; free to spend now: {entry.balance_after}"
        )
