"""Create, list and revoke vouchers."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.credits import vouchers
from accounts.credits.vouchers import VoucherTerms
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole
from artgen.web import years

LISTED = 100
MAX_NOTE_LENGTH = 100


class Command(BaseCommand):
    """`voucher create --amount N …`, `voucher revoke CODE`."""

    help = "Create vouchers and print their codes, or revoke one; the admin lists them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("create", "revoke"))
        parser.add_argument("code", nargs="?", help="of the voucher to revoke")
        parser.add_argument(
            "--amount", type=Whole(1, vouchers.MAX_AMOUNT), metavar="N", help="credits of each"
        )
        parser.add_argument(
            "--count",
            type=Whole(1, vouchers.MAX_AT_ONCE),
            metavar="N",
            default=1,
            help="how many to create; default: 1",
        )
        parser.add_argument(
            "--uses",
            type=Whole(1, vouchers.MAX_USES),
            metavar="N",
            default=1,
            help="accounts that may use each; default: 1",
        )
        parser.add_argument(
            "--expires", metavar="YYYY-MM-DD", help="the last day on which they are valid"
        )
        parser.add_argument("--note", default="", help="for staff, up to 100 characters")

    def handle(self, *args: object, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options)
            return
        if not options["code"]:
            raise CommandError("Give the code of the voucher.")
        voucher = vouchers.of_code(options["code"])
        vouchers.revoke(voucher)
        self.stdout.write(f"Revoked {vouchers.shown_code(voucher.code)}.")

    def _create(self, options: dict[str, Any]) -> None:
        if options["amount"] is None:
            raise CommandError("Give --amount.")
        if len(options["note"]) > MAX_NOTE_LENGTH:
            raise CommandError("--note is too long.")
        terms = VoucherTerms(
            amount=options["amount"],
            max_uses=options["uses"],
            expires_at=_end(options["expires"]),
            note=options["note"],
        )
        for voucher in vouchers.create(terms, count=options["count"]):
            self.stdout.write(vouchers.shown_code(voucher.code))


def _end(day: str | None) -> datetime | None:
    """Return the end of the day, by the site's clock."""
    if not day:
        return None
    try:
        parsed = parse_date(day)
    except ValueError:
        parsed = None
    if parsed is None:
        raise CommandError("--expires: a day such as 2026-12-31.")
    if not years.has(parsed):
        raise CommandError(f"--expires: a year from {years.FIRST} to {years.LAST}.")
    end = timezone.make_aware(datetime.combine(parsed + timedelta(days=1), time.min))
    if end <= timezone.now():
        raise CommandError("--expires: the day is over.")
    return end
