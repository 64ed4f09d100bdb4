"""Remove a user's second factors, for users who have lost them and their recovery codes."""

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import User, fold
from accounts.sessions import second_factor_rules, socket_access
from artgen.management.base import BaseCommand


class Command(BaseCommand):
    """`reset_second_factor EMAIL`."""

    help = "Remove a user's authenticator app, passkeys and recovery codes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: object, email: str, **options: object) -> None:
        email = fold(email)
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        with transaction.atomic():
            if not second_factor_rules.remove_all(user):
                raise CommandError(f"{email} has no second factor.")
            socket_access.close_all(user.pk)
            security_notices.send(Change.SECOND_FACTOR_RESET, user=user)
        self.stdout.write(f"Removed the second factors of {email}")
