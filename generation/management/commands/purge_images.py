"""`purge_images --older-than D [--dry-run]`: delete old trash permanently."""

from argparse import ArgumentParser
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from artgen.management.base import BaseCommand
from artgen.management.number_arguments import DAYS
from generation.gallery import trash
from generation.management.text_table import counted
from generation.models import Image


class Command(BaseCommand):
    help = (
        "Deletes permanently, with files, images trashed more than D days ago. The hourly cleanup "
        "does so after 30 days; 0 empties every trash now. Images outside the trash are not "
        "touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=DAYS, required=True, metavar="D", help="days in the trash"
        )
        parser.add_argument("--dry-run", action="store_true", help="print without deleting")

    def handle(self, *args: object, older_than: int, dry_run: bool, **options: object) -> None:
        """Remove files first, then rows."""
        before = timezone.now() - timedelta(days=older_than)
        expired = Image.objects.trashed().filter(trashed_at__lt=before)
        count = expired.count()
        if dry_run:
            size = expired.aggregate(size=Sum("bytes", default=0))["size"]
            self.stdout.write(f"Would remove {counted(count, 'image')}, {size / 1e6:.1f} MB.")
            return
        progress = self.progress("images", total=count)
        count = trash.purge(trashed_before=before, advance=progress.advance)
        self.stdout.write(f"{counted(count, 'image')} removed.")
