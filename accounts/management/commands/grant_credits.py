"""Grant credits."""

from django.core.management.base import CommandError, CommandParser

from accounts.credits import ledger
from accounts.models import User, fold
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole


class Command(BaseCommand):
    """`grant_credits EMAIL N --reason TEXT`."""

    help = (
        "Add credits to a user's balance; the reason is stored in the ledger, visible to the user."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("amount", type=Whole(1, ledger.MAX_CREDITS), metavar="N")
        parser.add_argument("--reason", required=True)

    def handle(
        self, *args: object, email: str, amount: int, reason: str, **options: object
    ) -> None:
        email = fold(email)
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        if not reason.strip() or len(reason) > 300:
            raise CommandError("--reason must have 1 to 300 characters.")
        entry = ledger.grant(user=user, amount=amount, reason=reason)
        self.stdout.write(
            f"Granted {amount} credits to {email}; free to spend now: {entry.balance_after}"
        )
