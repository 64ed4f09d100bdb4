"""`rename_files [--dry-run]`: keys without user ids for the files of earlier versions."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.files import renaming
from generation.management.table import counted


class Command(BaseCommand):
    """Rename files whose keys, and so their addresses, have the id of their user."""

    help = (
        "Gives files of earlier versions keys without the id of their user: copies them, compares "
        "them, and lets their rows name the copies. The old files are removed by a later run, when "
        "no address of them is valid any more. Can run while the site runs, be interrupted and "
        "repeated. Exit status 1 if a file could not be copied."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Print what was renamed, removed and left; raise CommandError if a copy failed."""
        result = renaming.Result()
        if dry_run:
            self.stdout.write(f"Would rename the files of {counted(renaming.count(), 'row')}.")
        else:
            progress = self.progress("rows renamed", total=renaming.count())
            for grown in renaming.rename(result):
                progress.advance(grown.renamed - progress.done)
            self.stdout.write(f"Renamed the files of {counted(result.renamed, 'row')}.")
        progress = self.progress("old files")
        for grown in renaming.remove_old(result, is_dry_run=dry_run):
            progress.advance(grown.removed + grown.waiting - progress.done)
        verb = "Would remove" if dry_run else "Removed"
        self.stdout.write(f"{verb} {counted(result.removed, 'old file')}.")
        if result.waiting:
            minutes = settings.URL_EXPIRY_SECONDS // 60 + renaming.MARGIN.seconds // 60
            self.stdout.write(
                f"{counted(result.waiting, 'old file')} kept: addresses of them may still be "
                f"valid. Run this again in {minutes} minutes."
            )
        if result.unknown and not dry_run:
            self.stdout.write(f"{counted(result.unknown, 'old file')} without a row.")
        if result.failed:
            raise CommandError(f"{counted(result.failed, 'row')} not renamed: see the log.")
