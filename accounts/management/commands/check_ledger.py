"""Check that the ledger adds up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import ledger
from accounts.models import CreditEntry, User


class Command(BaseCommand):
    """`check_ledger`; exit code 1 on any difference."""

    help = "Compare every balance and every hold with the entries of the ledger; exit 1 on any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the differences as a table, or say that there are none."""
        found = ledger.check()
        if not found:
            users, entries = User.objects.count(), CreditEntry.objects.count()
            self.stdout.write(f"The ledger adds up: {users} users, {entries} entries.")
            return
        rows = [("user", "what", "stored", "entries say", "difference")]
        rows += [
            (
                one.email,
                one.what,
                str(one.stored),
                str(one.entries),
                f"{one.stored - one.entries:+d}",
            )
            for one in found
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for user, what, *numbers in rows:
            figures = "  ".join(
                number.rjust(width) for number, width in zip(numbers, widths[2:], strict=True)
            )
            self.stdout.write(f"{user.ljust(widths[0])}  {what.ljust(widths[1])}  {figures}")
        raise CommandError(
            f"{len(found)} differences. Balances move through accounts.ledger alone: who wrote here?"
        )
