"""Create a user, or bring one up to date."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts import ledger, sockets
from accounts.models import User, fold


class Command(BaseCommand):
    """`create_user EMAIL [--password P] [--staff] [--credits N]`; running it again adds nothing."""

    help = "Create a user, or set the password and the staff rights of one that exists."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument(
            "--password", help="default: a new user gets one made up, printed to standard error"
        )
        parser.add_argument("--name", help="what to call them on the pages")
        parser.add_argument(
            "--staff", action="store_true", help="may use the admin pages and everything in them"
        )
        parser.add_argument(
            "--credits",
            type=int,
            metavar="N",
            help="starting balance instead of DEFAULT_CREDITS, granted once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or update the user and say which."""
        email, credits = fold(options["email"]), options["credits"]
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        if credits is not None and not 0 <= credits <= ledger.MOST:
            raise CommandError(f"--credits is a number from 0 to {ledger.MOST}.")
        if options["password"] == "":
            raise CommandError("--password is empty; leave it out to have one made up.")
        changes: dict[str, Any] = {}
        if options["staff"]:
            changes |= {"is_staff": True, "is_superuser": True}
        if options["name"] is not None:
            changes["name"] = options["name"]
        with transaction.atomic():
            user = User.objects.select_for_update().filter(email=email).first()
            if user is None:
                password = options["password"] or secrets.token_urlsafe(12)
                user = User.objects.create_user(email, password, **changes)
                done = "Created"
                if not options["password"]:
                    self.stderr.write(f"The password of {email} is {password}")
            else:
                done = (
                    "Updated" if self.update(user, options["password"], changes) else "Unchanged:"
                )
            ledger.open_account(user, credits=credits)
        self.stdout.write(f"{done} {email}")

    def update(self, user: User, password: str | None, changes: dict[str, Any]) -> bool:
        """Write what differs and return whether anything did."""
        different = {
            field: value for field, value in changes.items() if getattr(user, field) != value
        }
        for field, value in different.items():
            setattr(user, field, value)
        fields = list(different)
        # Setting the same password anew would end every session of the user.
        if password and not user.check_password(password):
            user.set_password(password)
            fields.append("password")
        if fields:
            user.save(update_fields=fields)
        if "password" in fields:
            sockets.hang_up(user.pk)
        return bool(fields)
