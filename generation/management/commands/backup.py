"""`backup`: back up database and bucket; deploy/backup.sh runs it."""

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from artgen.management.base import BaseCommand
from generation.management.text_table import counted, span
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.backup import creation, encryption, record
from generation.operations.backup.folder import Folder
from generation.operations.backup.refusal import BackupRefused

FRESH = timedelta(seconds=CONDITIONS["BackupOld"].limit)
INCOMPLETE = 3  # exit status: the backup is whole, the bucket is not


class Command(BaseCommand):
    help = (
        "Backs up the database, and the bucket if BACKUP_FILES, into BACKUP_DIR, verifies the "
        "backup and removes those older than BACKUP_KEEP_DAYS. Exit status 3: the backup is "
        "complete, but the bucket lacks files."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--list", action="store_true", help="print the complete backups")
        instead.add_argument(
            "--verify",
            metavar="NAME",
            nargs="?",
            const="latest",
            help="read all files of a backup and compare their checksums; needs no key",
        )
        instead.add_argument(
            "--fresh",
            action="store_true",
            help=f"only check that the newest one is less than {span(FRESH.total_seconds())} old",
        )
        instead.add_argument(
            "--new-key",
            action="store_true",
            help="print a new private key, and its public key for BACKUP_RECIPIENTS",
        )

    def handle(self, *args: object, **options: Any) -> None:
        folder = Folder(settings.BACKUP_DIR)
        if options["new_key"]:
            public, private = encryption.new_key()
            self.stdout.write(f"# public key: {public}\n{private}")
        elif options["list"]:
            self._list(folder)
        elif options["fresh"]:
            age = timezone.now() - folder.find("latest").made_at
            if age > FRESH:
                raise CommandError(f"The newest backup is {span(age.total_seconds())} old.")
        elif options["verify"] is not None:
            self._verify(folder, options["verify"])
        else:
            self._create()

    def _create(self) -> None:
        start = time.monotonic()
        started_at = timezone.now()
        try:
            report = creation.create(advance=self.progress("files copied").advance)
        except BackupRefused as refusal:
            record.store_failure(started_at, detail=str(refusal))
            raise
        record.store_success(report.backup, detail="\n".join(report.missing))
        files = f"{counted(report.files, 'file')}, {report.copied} new"
        files = f"{files} ({_size(report.copied_bytes)})" if report.with_files else "without files"
        self.stdout.write(
            f"{report.backup.path}: {files}; database {_size(report.dump_bytes)}; "
            f"{'encrypted' if report.backup.manifest['recipients'] else 'not encrypted'}; "
            f"{time.monotonic() - start:.1f} s. Removed: {counted(report.expired, 'backup')}, "
            f"{counted(report.removed_files, 'file')}."
        )
        for line in report.missing:
            self.stderr.write(line)
        if report.missing:
            raise CommandError(
                f"The backup is complete except for {counted(len(report.missing), 'file')} that "
                "the bucket does not have: see `verify_storage`.",
                returncode=INCOMPLETE,
            )

    def _list(self, folder: Folder) -> None:
        for backup in folder.backups():
            files = counted(backup.manifest["files"], "file")
            self.stdout.write(f"{backup.name}  {files if backup.with_files else 'database only'}")

    def _verify(self, folder: Folder, name: str) -> None:
        backup = folder.find(name)
        damages = list(folder.damages(backup))
        for line in damages:
            self.stdout.write(line)
        if damages:
            raise CommandError(
                f"{backup.name}: {counted(len(damages), 'file')} missing or damaged. Remove the "
                "damaged ones below files/: the next backup copies them again from the bucket."
            )
        self.stdout.write(f"{backup.name}: {counted(backup.manifest['files'], 'file')} verified.")


def _size(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"
