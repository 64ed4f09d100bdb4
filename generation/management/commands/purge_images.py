"""`purge_images --older-than D [--dry-run]`: delete old trash permanently."""

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
    """Delete trashed images permanently."""

    help = (
        "Deletes permanently, with files, images trashed more than D days ago. The hourly cleanup "
        "does so after 30 days; 0 empties every trash now. Images outside the trash are not "
        "touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --older-than and --dry-run."""
        parser.add_argument(
            "--older-than", type=int, required=True, metavar="D", help="days in the trash"
        )
        parser.add_argument("--dry-run", action="store_true", help="print without deleting")

    def handle(self, *args: Any, older_than: int, dry_run: bool, **options: Any) -> None:
        """Remove files first, then rows."""
        if older_than < 0:
            raise CommandError("Days can’t be negative.")
        before = timezone.now() - timedelta(days=older_than)
        if dry_run:
            expired = Image.objects.trashed().filter(trashed_at__lt=before)
            size = expired.aggregate(size=Sum("bytes"))["size"] or 0
            self.stdout.write(
                f"Would remove {counted(expired.count(), 'image')}, {size / 1e6:.1f} MB."
            )
            return
        self.stdout.write(f"{counted(images.purge(trashed_before=before), 'image')} removed.")
