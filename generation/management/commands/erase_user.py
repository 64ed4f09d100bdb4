"""`erase_user EMAIL [--now | --keep]`: lock and erase an account, or unlock it."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import User, fold
from accounts.user_data import deletion
from artgen.database.ids import parse_uuid
from artgen.management.base import BaseCommand
from generation.user_data import erasure


class Command(BaseCommand):
    help = (
        "Locks the account immediately and erases it with all its data after the grace period. "
        "Until then, its owner (by the emailed link) and --keep can undo this. The ledger keeps "
        "amounts and dates anonymously."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="or the user id, as in the log")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--now", action="store_true", help="erase immediately; this cannot be undone"
        )
        how.add_argument(
            "--keep", action="store_true", help="unlock an account that is to be erased"
        )

    def handle(self, *args: object, email: str, now: bool, keep: bool, **options: Any) -> None:
        user = _find(email)
        email = user.email
        if keep:
            deletion.keep(user)
            self.stdout.write(f"{email} is unlocked.")
            return
        after = timedelta(0) if now else deletion.GRACE
        erasure.close(user=user, actor=None, after=after)
        if not now:
            on = timezone.localtime(user.erase_at).strftime("%Y-%m-%d %H:%M")
            self.stdout.write(
                f"{email} is locked and will be erased after {on} ({settings.ERASE_DAYS} days)."
            )
        elif erasure.erase(user.pk):
            self.stdout.write(f"{email} is erased; the ledger calls it {user.pk}@erased.invalid.")
        else:
            self.stdout.write(
                f"{email} is locked. An image is being stored or stopped; the hourly cleanup "
                "erases the rest, or run this again in a minute."
            )


def _find(who: str) -> User:
    """Return the user with this email or id who is not erased; raise CommandError."""
    users = User.objects.filter(erased_at=None)
    user_id = parse_uuid(who)
    user = users.filter(pk=user_id).first() if user_id else users.filter(email=fold(who)).first()
    if user is None:
        raise CommandError(f"Unknown user {who}.")
    return user
