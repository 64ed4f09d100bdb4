"""`verify_storage [--deep] [--delete-orphans]`: compare rows and files."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.files import consistency, storage
from generation.management.text_table import counted


class Command(BaseCommand):
    help = (
        "Compares the rows of images and uploads with the files: missing, wrong size, with --deep "
        "wrong sha256, and files without a row. Exit status 1 on any difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--deep", action="store_true", help="read every file and compare its sha256"
        )
        parser.add_argument(
            "--delete-orphans", action="store_true", help="delete files without a row"
        )

    def handle(self, *args: object, deep: bool, delete_orphans: bool, **options: object) -> None:
        remaining, removed, count = 0, 0, consistency.count()
        progress = self.progress("files", total=count)
        for difference in consistency.compare(deep=deep, advance=progress.advance):
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
        self.stdout.write(f"{counted(count, 'file')} verified.")
