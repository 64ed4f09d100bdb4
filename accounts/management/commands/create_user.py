"""Create or update a user."""

import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation

from accounts.credits import ledger
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import User, fold
from accounts.sessions import socket_access
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole

NO_RIGHTS = (
    "{email} has no rights in the admin yet. A superuser gives them: in the admin, Users, this "
    "account, or Groups."
)


class Command(BaseCommand):
    """`create_user EMAIL [--password P] [--staff] [--superuser] [--credits N]`, idempotent."""

    help = "Create a user, or set the password and the rights of an existing one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--password",
            help="refused if it is weak; default: a random one for a new user, printed to standard "
            "error",
        )
        parser.add_argument("--name", help="the name to display")
        parser.add_argument(
            "--staff",
            action="store_true",
            help="gives access to the admin, with the rights of groups that a superuser chooses",
        )
        parser.add_argument(
            "--superuser", action="store_true", help="gives access to the admin with all rights"
        )
        parser.add_argument(
            "--credits",
            type=Whole(0, ledger.MAX_CREDITS),
            metavar="N",
            help="starting balance instead of DEFAULT_CREDITS, granted once",
        )

    def handle(self, *args: object, **options: Any) -> None:
        email, credits = fold(options["email"]), options["credits"]
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an email address.") from error
        for what, text, limit in (
            ("email", email, User._meta.get_field("email").max_length or 0),
            ("name", options["name"] or "", User._meta.get_field("name").max_length or 0),
        ):
            if len(text) > limit:
                raise CommandError(f"The {what} has {len(text)} characters; the limit is {limit}.")
        if options["password"] == "":
            raise CommandError("--password is empty. Omit it to get a random password.")
        if options["password"]:
            _refuse_weak(options["password"], User(email=email, name=options["name"] or ""))
        changes: dict[str, Any] = {}
        if options["staff"] or options["superuser"]:
            changes["is_staff"] = True
        if options["superuser"]:
            changes["is_superuser"] = True
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
        if user.is_staff and not user.is_superuser and not user.get_all_permissions():
            self.stderr.write(NO_RIGHTS.format(email=email))

    def update(self, user: User, password: str | None, changes: dict[str, Any]) -> bool:
        """Write the fields that differ and return whether there are any."""
        different = {
            field: value for field, value in changes.items() if getattr(user, field) != value
        }
        for field, value in different.items():
            setattr(user, field, value)
        fields = list(different)
        # Setting the same password again would end all sessions of the user.
        if password and not user.check_password(password):
            user.set_password(password)
            fields.append("password")
        if fields:
            user.save(update_fields=fields)
        if "password" in fields:
            socket_access.close_all(user.pk)
            security_notices.send(Change.PASSWORD_CHANGED, user=user)
        return bool(fields)


def _refuse_weak(password: str, user: User) -> None:
    with translation.override("en"):
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(f"--password is weak. {' '.join(error.messages)}") from error
