"""Make a backup in which each row of the database has its file, or without BACKUP_FILES a dump.

Files are written before their rows, those of uploads right after, and never change. So a file that
a row of a snapshot names is missing if it was deleted after the snapshot, or is being uploaded.
Therefore:

1. Copy the files of all rows that no earlier backup has. This may take hours.
2. In a snapshot of the database, copy the few that were added since, then dump this snapshot. If a
   file is missing, take a new snapshot. A file that is missing in successive
   snapshots is lost in the bucket, too; the backup reports it.
3. Verify, and only then name it a backup. Remove expired ones.
"""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.crypto import salted_hmac

from generation.files import bucket_hints, consistency, storage
from generation.files.consistency import ExpectedFile
from generation.operations.backup import database
from generation.operations.backup.encryption import Reader, Sealing, recipients
from generation.operations.backup.folder import (
    DIGESTS,
    FORMAT,
    NAME_FORMAT,
    Backup,
    Folder,
    digest_of,
    durable,
)
from generation.operations.backup.refusal import BackupRefused

DUMP, INDEX = "database.dump", "files.jsonl.gz"
MAX_SNAPSHOTS = 5
THREADS = 8
BATCH = 1000
SALT = "generation.operations.backup"


@dataclass
class BackupReport:
    """What was done: `missing` are files of rows that the bucket does not have."""

    backup: Backup
    with_files: bool = True
    files: int = 0
    copied: int = 0
    copied_bytes: int = 0
    dump_bytes: int = 0
    expired: int = 0
    removed_files: int = 0
    missing: list[str] = field(default_factory=list)


def create(*, advance: Callable[[], object] = lambda: None) -> BackupReport:
    """Make a backup into BACKUP_DIR and remove expired ones; raise BackupRefused.

    Calls `advance` after each file that is copied.
    """
    database.needed_programs("pg_dump", "pg_restore")
    database.need_direct_connection()
    folder = Folder(settings.BACKUP_DIR)
    sealing = Sealing(recipients(settings.BACKUP_RECIPIENTS))
    with folder.locked():
        return _Creation(folder, sealing, advance).run()


def secret_fingerprint() -> str:
    """Return a digest that changes with SECRET_KEY and reveals nothing else about it."""
    return salted_hmac(SALT, "SECRET_KEY", algorithm="sha256").hexdigest()[:16]


def object_of(file: ExpectedFile, sealing: Sealing) -> str:
    """Return where the content of a file is stored in the folder.

    Not under its key: a job that runs again after a restoration writes other content there.
    """
    words = (file.key, file.origin, *sealing.recipients)
    name = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return f"files/{name[:2]}/{name[2:]}{sealing.suffix}"


class _Creation:
    def __init__(self, folder: Folder, sealing: Sealing, advance: Callable[[], object]) -> None:
        self.advance = advance
        self.folder = folder
        self.sealing = sealing
        self.with_files: bool = settings.BACKUP_FILES
        self.stored = folder.objects()
        backups = folder.backups()
        known = dict(backups[-1].digests()) if backups else {}
        self.digests = {name: digest for name, digest in known.items() if name in self.stored}
        self.copied: set[str] = set()
        self.copied_bytes = 0

    def run(self) -> BackupReport:
        now = timezone.now()
        half = self.folder.begin(now.strftime(NAME_FORMAT))
        self._copy(self._expected_files())
        manifest, missing = self._snapshot(half)
        backup = self.folder.publish(half, manifest)
        keep = timedelta(days=settings.BACKUP_KEEP_DAYS)
        expired, removed = self.folder.expire(before=now - keep)
        return BackupReport(
            backup=backup,
            with_files=self.with_files,
            files=manifest["files"],
            copied=len(self.copied),
            copied_bytes=self.copied_bytes,
            dump_bytes=(backup.path / self._part(DUMP)).stat().st_size,
            expired=expired,
            removed_files=removed,
            missing=missing,
        )

    def _snapshot(self, half: Path) -> tuple[dict[str, Any], list[str]]:
        """Write all parts but the manifest; return it, and what the bucket lacks."""
        previous: set[str] = set()
        attempts = 0
        while True:
            attempts += 1
            with database.snapshot() as snapshot_id:
                missing = self._copy(self._expected_files())
                if missing.keys() <= previous or attempts == MAX_SNAPSHOTS:
                    return self._write(half, snapshot_id, missing), sorted(missing.values())
            previous = set(missing)

    def _write(self, half: Path, snapshot_id: str, missing: dict[str, str]) -> dict[str, Any]:
        count = self._write_lists(half, without=missing.keys())

        def write(source: Reader) -> None:
            with durable(half / self._part(DUMP)) as target:
                self.sealing.seal_stream(source, target)

        database.dump(snapshot_id=snapshot_id, write=write)
        applied = MigrationRecorder(connection).applied_migrations()
        return {
            "format": FORMAT,
            "files": count,
            "with_files": self.with_files,
            "recipients": list(self.sealing.recipients),
            "secret": secret_fingerprint(),
            "migrations": sorted(".".join(migration) for migration in applied),
            "missing": sorted(missing.values()),
            "parts": {
                name: digest_of(half / name)
                for name in (self._part(DUMP), self._part(INDEX), DIGESTS)
            },
        }

    def _write_lists(self, half: Path, *, without: Container[str]) -> int:
        count = 0
        with (
            tempfile.TemporaryFile(dir=half) as plain,
            durable(half / DIGESTS) as checksums,
            durable(half / self._part(INDEX)) as index,
        ):
            with gzip.open(plain, "wt", compresslevel=6, encoding="utf-8") as lines:
                for file in self._expected_files():
                    if file.key in without:
                        continue
                    name = object_of(file, self.sealing)
                    entry = {"key": file.key, "sha256": file.sha256, "object": name}
                    lines.write(f"{json.dumps(entry)}\n")
                    checksums.write(f"{self._digest(name)}  {name}\n".encode())
                    count += 1
            plain.seek(0)
            self.sealing.seal_stream(plain, index)
        return count

    def _expected_files(self) -> Iterable[ExpectedFile]:
        return consistency.expected_files(temporary=False) if self.with_files else ()

    def _digest(self, name: str) -> str:
        """Return the checksum of a stored file; read it if an interrupted backup has left it."""
        if name not in self.digests:
            self.digests[name] = digest_of(self.folder.root / name)
        return self.digests[name]

    def _part(self, name: str) -> str:
        return f"{name}{self.sealing.suffix}"

    def _copy(self, files: Iterable[ExpectedFile]) -> dict[str, str]:
        """Copy what is not stored yet; return key and description of what the bucket lacks."""
        lacking = (file for file in files if object_of(file, self.sealing) not in self.stored)
        missing: dict[str, str] = {}
        with ThreadPoolExecutor(THREADS) as pool:
            while batch := list(islice(lacking, BATCH)):
                for file, problem in zip(batch, pool.map(self._copy_one, batch), strict=True):
                    self.advance()
                    if problem:
                        missing[file.key] = f"{file.key} ({file.row}): {problem}"
        return missing

    def _copy_one(self, file: ExpectedFile) -> str:
        """Store one file; return what is wrong with it in the bucket."""
        try:
            data = storage.read(file.key)
        except FileNotFoundError:
            return "missing in the bucket"
        except bucket_hints.FAILURES as error:
            raise BackupRefused(
                f"The bucket cannot be read: {bucket_hints.said(error)}. "
                f"{bucket_hints.hint_for(error)} Copied files are kept for the next attempt."
            ) from error
        if not data or (file.sha256 and hashlib.sha256(data).hexdigest() != file.sha256):
            return "damaged in the bucket: its sha256 is not that of the row"
        name = object_of(file, self.sealing)
        with durable(self.folder.root / name) as target:
            target.write(self.sealing.seal(data))
        self.digests[name] = target.digest
        self.stored.add(name)
        self.copied.add(name)
        self.copied_bytes += len(data)
        return ""
