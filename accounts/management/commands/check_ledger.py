"""Check that balances and holds match the ledger."""

from dataclasses import asdict

from django.core.management.base import CommandError, CommandParser

from accounts.credits import ledger_check
from accounts.models import CreditEntry, User
from artgen.management.base import BaseCommand


class Command(BaseCommand):
    """`check_ledger`; exit code 1 if there is a difference."""

    help = "Compare all balances and holds with the ledger; exit 1 if there is a difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help='print {"ok", "users", "entries", "differences"}'
        )

    def handle(self, *args: object, json: bool, **options: object) -> None:
        discrepancies = ledger_check.check()
        users, entries = User.objects.count(), CreditEntry.objects.count()
        if json:
            differences = [asdict(difference) for difference in discrepancies]
            self.write_json(
                {
                    "ok": not discrepancies,
                    "users": users,
                    "entries": entries,
                    "differences": differences,
                }
            )
        elif discrepancies:
            self._print(discrepancies)
        else:
            self.stdout.write(f"The ledger adds up: {users} users, {entries} entries.")
        if discrepancies:
            raise CommandError(
                f"{len(discrepancies)} differences. "
                "Something other than accounts.credits.ledger changed credits."
            )

    def _print(self, discrepancies: list[ledger_check.Discrepancy]) -> None:
        rows = [("user", "what", "stored", "entries say", "difference")]
        rows += [
            (
                difference.email,
                difference.what,
                str(difference.stored),
                str(difference.entries),
                f"{difference.stored - difference.entries:+d}",
            )
            for difference in discrepancies
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for user, what, *numbers in rows:
            figures = "  ".join(
                number.rjust(width) for number, width in zip(numbers, widths[2:], strict=True)
            )
            self.stdout.write(f"{user.ljust(widths[0])}  {what.ljust(widths[1])}  {figures}")
