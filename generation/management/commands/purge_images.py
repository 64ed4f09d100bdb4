"""`purge_images --older-than D [--dry-run]`: remove for good what has been in the trash for longer than D days."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum
from django.utils import timezone

from generation.gallery import images
from generation.management.table import counted
from generation.models import Image


class Command(BaseCommand):
    """Purge the trash, or say what that would remove."""

    help = (
        "Removes for good, files included, the pictures that were trashed more than D days ago. The clean-up does so "
        "by itself after 30 days; 0 empties every trash now. Pictures outside the trash are never touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --older-than and --dry-run."""
        parser.add_argument(
            "--older-than", type=int, required=True, metavar="D", help="days in the trash"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    def handle(self, *args: Any, older_than: int, dry_run: bool, **options: Any) -> None:
        """Remove files first, then rows."""
        if older_than < 0:
            raise CommandError("Days are not negative.")
        before = timezone.now() - timedelta(days=older_than)
        if dry_run:
            doomed = Image.objects.trashed().filter(trashed_at__lt=before)
            size = doomed.aggregate(size=Sum("bytes"))["size"] or 0
            self.stdout.write(
                f"Would remove {counted(doomed.count(), 'picture')}, {size / 1e6:.1f} MB."
            )
            return
        self.stdout.write(f"{counted(images.purge(trashed_before=before), 'picture')} removed.")
