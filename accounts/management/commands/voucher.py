"""Create, list and revoke vouchers."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.credits import vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.models import Voucher
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole
from artgen.web import years

LISTED = 100
MAX_NOTE_LENGTH = 100


class Command(BaseCommand):
    """`voucher create --amount N …`, `voucher list`, `voucher revoke CODE`."""

    help = "Create vouchers and print their codes, list the newest ones, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("create", "list", "revoke"))
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
        parser.add_argument("--json", action="store_true", help="print JSON")

    def only_reads(self, options: Mapping[str, Any]) -> bool:
        return bool(options["action"] == "list")

    def handle(self, *args: object, **options: Any) -> None:
        match options["action"]:
            case "create":
                self._create(options)
            case "list":
                self._print(Voucher.objects.order_by("-created_at", "-id")[:LISTED], options)
            case "revoke":
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
        self._print(vouchers.create(terms, count=options["count"]), options)

    def _print(self, rows: Iterable[Voucher], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(row) for row in rows], indent=1))
            return
        for row in rows:
            code = vouchers.shown_code(row.code)
            if options["action"] == "create":  # the codes alone, for other programs
                self.stdout.write(code)
                continue
            self.stdout.write(
                f"{code}  {row.amount} credits  {row.uses} of {row.max_uses} used  "
                f"{row.state.value}  {row.note}".rstrip()
            )


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


def _as_json(voucher: Voucher) -> dict[str, Any]:
    return {
        "code": vouchers.shown_code(voucher.code),
        "credits": voucher.amount,
        "uses": voucher.uses,
        "max_uses": voucher.max_uses,
        "expires_at": voucher.expires_at.isoformat() if voucher.expires_at else None,
        "state": voucher.state.value,
        "note": voucher.note,
    }
