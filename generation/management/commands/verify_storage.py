"""`verify_storage [--deep] [--delete-orphans]`: the rows of pictures and uploads against the bucket, and back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generation.files import consistency, storage
from generation.management.table import counted


class Command(BaseCommand):
    """Compare, print the differences, fail when there are any."""

    help = (
        "Compares the rows of pictures and uploads with the files: missing, of another size, with --deep of another "
        "sha256, and files that no row names. Exit status 1 on any difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --deep and --delete-orphans."""
        parser.add_argument(
            "--deep", action="store_true", help="read every file and compare its sha256"
        )
        parser.add_argument(
            "--delete-orphans", action="store_true", help="remove files that no row names"
        )

    def handle(self, *args: Any, deep: bool, delete_orphans: bool, **options: Any) -> None:
        """Raise CommandError on any difference that remains."""
        remaining = removed = 0
        for difference in consistency.compare(deep=deep):
            self.stdout.write(f"{difference.kind:<8} {difference.key}  {difference.detail}")
            if difference.kind == "orphan" and delete_orphans:
                storage.delete(difference.key)
                removed += 1
            else:
                remaining += 1
        if removed:
            self.stdout.write(f"{counted(removed, 'orphan')} removed.")
        if remaining:
            raise CommandError(f"{counted(remaining, 'difference')}.")
        self.stdout.write(f"{counted(consistency.count(), 'file')} as there should be.")
