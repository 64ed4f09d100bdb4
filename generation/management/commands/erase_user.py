"""`erase_user EMAIL [--now | --keep]`: close somebody's account, erase it, or keep it after all."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from accounts import deletion, emails
from accounts.models import User, fold
from artgen.management.base import BaseCommand
from generation.user_data import erasure


class Command(BaseCommand):
    """Close, erase or keep an account."""

    help = (
        "Locks the account at once and erases it with all that is in it after some days; until then its owner (by the "
        "letter's link) and --keep can take that back. The ledger keeps amounts and dates, under no name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address, and --now or --keep."""
        parser.add_argument("email", help="or the id, as the log of an erasure has it")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--now", action="store_true", help="erase at once; this cannot be taken back"
        )
        how.add_argument(
            "--keep", action="store_true", help="unlock an account that is about to be erased"
        )

    def handle(self, *args: Any, email: str, now: bool, keep: bool, **options: Any) -> None:
        """Do it and say what happened."""
        user = _find(email)
        email = user.email
        if keep:
            self._keep(user)
            return
        after = timedelta(0) if now else deletion.GRACE
        erasure.close(user=user, actor=None, after=after)
        if not now:
            emails.drain()
            on = timezone.localtime(user.erase_at).strftime("%Y-%m-%d %H:%M")
            self.stdout.write(
                f"{email} is locked and will be erased after {on} ({settings.ERASE_DAYS} days)."
            )
        elif erasure.erase(user.pk):
            emails.drain()
            self.stdout.write(
                f"{email} is erased; in the ledger it is {user.pk}@erased.invalid now."
            )
        else:
            self.stdout.write(
                f"{email} is locked. A picture of it is just being saved or stopped; the hourly clean-up erases the "
                f"rest, or run this again in a minute."
            )

    def _keep(self, user: User) -> None:
        deletion.keep(user)
        self.stdout.write(f"{user.email} is kept and may sign in again.")


def _find(who: str) -> User:
    """Return the user of this address or id who is not erased; raise CommandError."""
    users = User.objects.filter(erased_at=None)
    try:
        user = users.filter(pk=UUID(who)).first()
    except ValueError:
        user = users.filter(email=fold(who)).first()
    if user is None:
        raise CommandError(f"There is no user {who}.")
    return user
