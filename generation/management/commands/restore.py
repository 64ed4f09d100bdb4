"""`restore NAME`: restore a backup of database and bucket; deploy/restore.sh runs it."""

import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.management.text_table import counted
from generation.operations.backup.restoration import Restoration


class Command(BaseCommand):
    help = (
        "Restores database and bucket from BACKUP_DIR, migrates, and checks ledger and files. "
        "Can be run again after an interruption."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a name that `backup --list` prints, or latest")
        parser.add_argument(
            "--check",
            action="store_true",
            help="only decrypt and read all of the backup; database and bucket are not used",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="replace a database that has accounts, overwrite files that differ",
        )

    def handle(self, *args: object, name: str, check: bool, force: bool, **options: object) -> None:
        start = time.monotonic()
        restoration = Restoration(name, identity=settings.BACKUP_IDENTITY, say=self.stdout.write)
        if check:
            problems = restoration.check()
        else:
            restoration.check_version()
            call_command("setup_bucket", stdout=self.stdout, stderr=self.stderr)
            problems = restoration.run(force=force)
        for line in problems:
            self.stdout.write(line)
        if problems:
            raise CommandError(f"{counted(len(problems), 'problem')}, see above.")
        files = counted(restoration.backup.manifest["files"], "file")
        what = "can be restored" if check else "is restored, ledger and files are verified"
        self.stdout.write(
            f"{restoration.backup.name} {what}: {files}, {time.monotonic() - start:.1f} s."
        )
