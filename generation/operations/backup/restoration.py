"""Restore a backup: files first, then the database in one transaction, then the checks.

Until the database is replaced the site is as it was, except for files that were missing in the
bucket. An interrupted restoration can be started again and continues.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from heapq import nsmallest
from itertools import compress, islice, repeat
from typing import IO

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from accounts.credits import ledger_check
from artgen.database import upgrade_path
from generation.files import bucket_hints, consistency, storage
from generation.models import Job
from generation.operations.backup import database, record
from generation.operations.backup.creation import BATCH, DUMP, INDEX, THREADS, secret_fingerprint
from generation.operations.backup.encryption import SUFFIX, Opening, Writer
from generation.operations.backup.folder import BackupDamaged, Folder, digest_of
from generation.operations.backup.refusal import BackupRefused

NOTE = "a restoration is not finished: "
SHOWN = 5
SAME, MISSING, DIFFERENT = range(3)
"""What the bucket has of a file."""


class WouldOverwrite(BackupRefused):
    """The database or the bucket is not empty, and the caller did not say to overwrite it."""

    code = "would_overwrite"
    status = 409


@dataclass(frozen=True)
class BackedUpFile:
    """A file of a backup: its key, the sha256 of its row ("": none), where and how it is stored."""

    key: str
    sha256: str
    object: str
    digest: str


class Restoration:
    """Restores one backup; each step says what it does through `say`."""

    def __init__(self, name: str, *, identity: str, say: Callable[[str], None]) -> None:
        """Find and open the backup; raise BackupRefused, BackupDamaged or WrongKey."""
        self.folder = Folder(settings.BACKUP_DIR)
        self.backup = self.folder.find(name)
        self.say = say
        recipients = self.backup.manifest["recipients"]
        self.opening = Opening(identities=identity, encrypted=bool(recipients))
        for part, digest in self.backup.manifest["parts"].items():
            path = self.backup.path / part
            if not path.exists() or digest_of(path) != digest:
                raise BackupDamaged(f"{path} is missing or damaged. Restore another backup.")
        with closing(self.entries()) as entries:
            next(entries, None)  # is the key right?

    def check(self) -> list[str]:
        """Decrypt and read everything, write nothing; return what is damaged."""
        database.needed_programs("pg_restore")
        database.check_dump(self._read_dump)
        damaged: list[str] = []
        with ThreadPoolExecutor(THREADS) as pool:
            for batch in _batches(self.entries()):
                damaged += filter(None, pool.map(self._damage, batch))
        return damaged

    def run(self, *, force: bool) -> list[str]:
        """Restore everything and return what is wrong afterwards.

        Raises BackupRefused before anything is changed, WouldOverwrite unless `force`.
        """
        database.needed_programs("psql", "pg_restore")
        database.need_direct_connection()
        # So that no backup expires this one meanwhile. A read-only folder needs no lock.
        writable = os.access(self.folder.root, os.W_OK)
        with self.folder.locked() if writable else nullcontext():
            return self._run(force=force)

    def _run(self, *, force: bool) -> list[str]:
        if running := database.processes():
            raise BackupRefused(f"Stop ArtGen's processes first: {', '.join(running)}.")
        continues = database.note() == self._note
        if not force and not continues and (content := database.content()):
            raise WouldOverwrite(
                f"The database has {content}. --force replaces it by the backup of "
                f"{self.backup.name}."
            )
        if self.backup.manifest["secret"] != secret_fingerprint():
            self.say(
                "SECRET_KEY is not that of the backup: links in sent emails and the webhooks of "
                "jobs at RunPod stop working."
            )
        damaged: list[str] = []
        if self.backup.with_files:
            damaged = self._restore_files(force=force)
        else:
            self.say(
                "The backup has only the database. The files in the bucket stay as they are, "
                "except exports: users request them again."
            )
        if continues:
            self.say("The database was loaded before the interruption.")
        else:
            database.load(read=self._read_dump, comment=self._note)
            self.say("The database is loaded.")
        return damaged + self._finish()

    @property
    def _note(self) -> str:
        return f"{NOTE}{self.backup.name}"

    def check_version(self) -> None:
        """Raise BackupRefused if this version cannot migrate the database of the backup."""
        migrations = MigrationLoader(None).disk_migrations
        replaced = (name for migration in migrations.values() for name in migration.replaces)
        known = {".".join(name) for name in (*migrations, *replaced)}
        if newer := sorted(set(self.backup.manifest["migrations"]) - known):
            raise BackupRefused(
                f"The backup is of a newer version of ArtGen: this one has no {', '.join(newer)}."
            )
        applied = (name.partition(".") for name in self.backup.manifest["migrations"])
        if version := upgrade_path.version_before((app, name) for app, _dot, name in applied):
            raise BackupRefused(
                f"The backup is of an older version of ArtGen: restore it with {version}, then "
                "upgrade to this one."
            )

    def entries(self) -> Generator[BackedUpFile, None, None]:
        """Yield the files of the backup, of which there may be millions; raise WrongKey."""
        with self._index() as plain, gzip.open(plain, "rt", encoding="utf-8") as lines:
            # Both lists have the same order.
            for line, (_name, digest) in zip(lines, self.backup.digests(), strict=True):
                yield BackedUpFile(**json.loads(line), digest=digest)

    @contextmanager
    def _index(self) -> Iterator[IO[bytes]]:
        """Decrypt the list of files while it is read."""
        path = self.backup.path / self._part(INDEX)
        reading_end, writing_end = os.pipe()

        def decrypt() -> None:
            with os.fdopen(writing_end, "wb") as target, path.open("rb") as sealed:
                self.opening.open_stream(sealed, target)

        with ThreadPoolExecutor(1) as pool, os.fdopen(reading_end, "rb") as plain:
            done = pool.submit(decrypt)
            try:
                yield plain
            except (EOFError, OSError, ValueError):  # it ends early
                plain.close()
                done.result()
                raise
            done.result()

    def _part(self, name: str) -> str:
        return f"{name}{SUFFIX}" if self.opening.encrypted else name

    def _read_dump(self, target: Writer) -> None:
        with (self.backup.path / self._part(DUMP)).open("rb") as source:
            self.opening.open_stream(source, target)

    def _content(self, entry: BackedUpFile) -> bytes:
        path = self.folder.root / entry.object
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise BackupDamaged(f"{path} ({entry.key}): {error.strerror}") from error
        if hashlib.sha256(sealed).hexdigest() != entry.digest:
            raise BackupDamaged(f"{path} ({entry.key}) is damaged")
        data = self.opening.open(sealed)
        if entry.sha256 and hashlib.sha256(data).hexdigest() != entry.sha256:
            raise BackupDamaged(f"{path} ({entry.key}) is not the file of its row")
        return data

    def _damage(self, entry: BackedUpFile) -> str:
        try:
            self._content(entry)
        except BackupRefused as damage:
            return str(damage)
        return ""

    def _restore_files(self, *, force: bool) -> list[str]:
        """Write the files that the bucket lacks; those that differ only with `force`.

        Returns what is damaged in the backup; everything else is restored.
        """
        with _bucket_explained():
            md5_by_key = {
                key: bytes.fromhex(md5)
                for prefix in consistency.PREFIXES
                for key, md5 in storage.checksums(prefix)
            }
        steps = bytearray()  # one for each entry
        damaged: list[str] = []
        different: list[str] = []
        with ThreadPoolExecutor(THREADS) as pool:
            for batch in _batches(self.entries()):
                md5s = [md5_by_key.pop(entry.key, None) for entry in batch]
                is_empty = md5s.count(None) == len(batch)
                answers = repeat((MISSING, "")) if is_empty else pool.map(self._step, batch, md5s)
                for entry, (step, damage) in zip(batch, answers, strict=False):
                    steps.append(step)
                    damaged += [damage] if damage else []
                    if step == DIFFERENT and len(different) < SHOWN:
                        different.append(entry.key)
            written, overwritten = steps.count(MISSING), steps.count(DIFFERENT)
            if (md5_by_key or overwritten) and not force:
                examples = [*nsmallest(SHOWN, md5_by_key), *different][:SHOWN]
                raise WouldOverwrite(
                    f"The bucket has {len(md5_by_key)} files that are not in the backup and "
                    f"{overwritten} that differ, such as {', '.join(examples)}. --force "
                    "overwrites those that differ and keeps the others."
                )
            for batch in _batches(compress(self.entries(), steps)):
                damaged += filter(None, pool.map(self._write, batch))
        self.say(
            f"Files: {written} written, {overwritten} overwritten, "
            f"{steps.count(SAME)} already there."
        )
        if md5_by_key:
            self.say(
                f"{len(md5_by_key)} files in the bucket are not in the backup; "
                "`verify_storage --delete-orphans` removes those without a row."
            )
        return damaged

    def _step(self, entry: BackedUpFile, md5: bytes | None) -> tuple[int, str]:
        """Return what to do with a file, and how it is damaged in the backup."""
        if md5 is None:
            return MISSING, ""
        try:
            return SAME if self._is_same(entry, md5) else DIFFERENT, ""
        except BackupDamaged as damage:
            return SAME, f"{damage}; the file in the bucket is kept"

    def _is_same(self, entry: BackedUpFile, md5: bytes) -> bool:
        data = self._content(entry)
        if hashlib.md5(data, usedforsecurity=False).digest() == md5:
            return True
        with _bucket_explained():
            return storage.read(entry.key) == data

    def _write(self, entry: BackedUpFile) -> str:
        """Write a file into the bucket; return how it is damaged in the backup."""
        try:
            data = self._content(entry)
        except BackupDamaged as damage:
            return str(damage)
        with _bucket_explained():
            storage.save(entry.key, data, content_type=storage.content_type_of(entry.key))
        return ""

    def _finish(self) -> list[str]:
        """Migrate, forget what belongs to the time after the backup, and check everything."""
        call_command("migrate", verbosity=0, interactive=False)
        cache.clear()
        with _bucket_explained():
            consistency.delete_temporary()
        # It was recorded after its snapshot.
        record.store_success(self.backup, detail="restored")
        active = {
            status: Job.objects.filter(status=status).count()
            for status in Job.objects.active()
            .order_by()
            .values_list("status", flat=True)
            .distinct()
        }
        if active:
            states = ", ".join(f"{count} {status}" for status, count in sorted(active.items()))
            self.say(
                f"Jobs that were active: {states}. When the workers start, queued jobs are "
                "submitted, and RunPod is asked for the others: what it still has is saved, what "
                "it no longer has is repeated or fails with its credits returned. Each is charged "
                "once at most. `cancel_jobs` before the start cancels them instead."
            )
        problems = [
            f"ledger: {difference.email}: {difference.what} is {difference.stored}, "
            f"its entries say {difference.entries}"
            for difference in ledger_check.check()
        ]
        lacking = set(_keys_of(self.backup.manifest["missing"]))
        with _bucket_explained():
            for difference in consistency.compare():
                if difference.kind != "orphan" and difference.key not in lacking:
                    problems.append(f"{difference.kind}: {difference.key}: {difference.detail}")
        if not problems:
            database.remove_note()
        return problems


def _keys_of(missing: list[str]) -> Iterator[str]:
    for line in missing:
        yield line.partition(" ")[0]


def _batches(entries: Iterator[BackedUpFile]) -> Iterator[list[BackedUpFile]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


@contextmanager
def _bucket_explained() -> Iterator[None]:
    """Turn a failed call of the bucket into a refusal that says what to correct."""
    try:
        yield
    except bucket_hints.FAILURES as error:
        raise BackupRefused(
            f"The bucket failed: {bucket_hints.said(error)}. {bucket_hints.hint_for(error)} "
            "Run the same command again: it continues."
        ) from error
