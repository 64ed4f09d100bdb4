"""Create and revoke vouchers."""

from typing import Any
from uuid import uuid4

from django.core.management.base import CommandError, CommandParser
from django.utils import translation

from accounts.credits import vouchers
from accounts.forms.vouchers import VoucherForm
from artgen.management.base import BaseCommand

OPTIONS = {"max_uses": "uses", "expires_at": "expires"}
"""Fields of the form whose options have another name."""


class Command(BaseCommand):
    """`voucher create --amount N …`, `voucher revoke CODE`."""

    help = "Create vouchers and print their codes, or revoke one; the admin lists them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("create", "revoke"))
        parser.add_argument("code", nargs="?", help="of the voucher to revoke")
        parser.add_argument("--amount", metavar="N", help="credits of each")
        parser.add_argument(
            "--count", metavar="N", default="1", help="how many to create; default: 1"
        )
        parser.add_argument(
            "--uses", metavar="N", default="1", help="accounts that may use each; default: 1"
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
        data = {name: options.get(OPTIONS.get(name, name)) for name in VoucherForm.base_fields}
        last_day = data["expires_at"]
        data |= {"once": uuid4(), "expires_at": f"{last_day} 23:59:59" if last_day else ""}
        form = VoucherForm(data)
        with translation.override("en"):
            for name, errors in form.errors.items():
                raise CommandError(f"--{OPTIONS.get(name, name)}: {' '.join(map(str, errors))}")
        for voucher in vouchers.create(form.terms(), count=form.cleaned_data["count"]):
            self.stdout.write(vouchers.shown_code(voucher.code))
