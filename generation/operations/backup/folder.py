"""The folder of backups, BACKUP_DIR.

    files/AB/CDEF…[.age]       the bucket's files, shared by all backups and never changed
    backups/TIME/              one backup:
      database.dump[.age]        pg_dump's custom format
      files.jsonl.gz[.age]       one line per file: {"key", "sha256", "object"}
      files.sha256               checksums as stored, for `sha256sum --check` in BACKUP_DIR
      manifest.json              written last: without it the folder is not a backup

A backup is made in `backups/.half-TIME` and renamed when it is complete and verified. Everything is
written under a temporary name, flushed to the disk, read again and then renamed.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from generation.operations.backup.refusal import BackupRefused

FORMAT = 1
"""Version of this layout, in the manifest."""
MANIFEST, DIGESTS = "manifest.json", "files.sha256"
NAME_FORMAT = "%Y-%m-%dT%H%M%SZ"
HALF = ".half-"
EXPIRED = ".expired-"
PIECE = 1024 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BackupDamaged(BackupRefused):
    """Files of a backup are missing or changed."""

    code = "backup_damaged"


@dataclass(frozen=True)
class Backup:
    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, the time of its start in UTC."""
        return self.path.name

    @property
    def made_at(self) -> datetime:
        """The time of its start, to which a restoration returns."""
        return datetime.strptime(self.name, NAME_FORMAT).replace(tzinfo=UTC)

    @property
    def with_files(self) -> bool:
        """Whether it has the files of the bucket; those of earlier versions always do."""
        return bool(self.manifest.get("with_files", True))

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yield object (a path below the folder) and sha256 of its files."""
        try:
            with (self.path / DIGESTS).open(encoding="ascii") as lines:
                for line in lines:
                    digest, _, name = line.rstrip("\n").partition("  ")
                    yield name, digest
        except OSError as error:
            raise BackupDamaged(f"{self.path / DIGESTS}: {error.strerror}.") from error


class Folder:
    """BACKUP_DIR; created when it does not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = root / "files"
        self.parts = root / "backups"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folders and hold the lock; refuse while another process holds it."""
        with _explained(self.root):
            for folder in (self.files, self.parts):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.root / ".lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackupRefused(f"Another backup into {self.root} is running.") from error
            yield

    def backups(self) -> list[Backup]:
        """Return the complete backups, oldest first."""
        if not self.parts.is_dir():
            return []
        backups = []
        with _explained(self.parts):
            for path in sorted(self.parts.iterdir()):
                if not path.name.startswith(".") and (path / MANIFEST).is_file():
                    backups.append(Backup(path, _manifest(path)))
        return backups

    def find(self, name: str) -> Backup:
        """Return the backup of this name, or the newest for "latest"; refuse without one."""
        backups = self.backups()
        if not backups:
            raise BackupRefused(f"There is no complete backup in {self.root}.")
        if name == "latest":
            return backups[-1]
        for backup in backups:
            if backup.name == name:
                return backup
        names = ", ".join(backup.name for backup in backups)
        raise BackupRefused(
            f"There is no complete backup {name!r} in {self.root}. There are: {names}."
        )

    def objects(self) -> set[str]:
        names = set()
        with _explained(self.files):
            for shelf in os.scandir(self.files):
                if shelf.is_dir():
                    names |= {
                        f"files/{shelf.name}/{file.name}"
                        for file in os.scandir(shelf.path)
                        if not file.name.startswith(".")
                    }
        return names

    def begin(self, name: str) -> Path:
        """Return the folder of a new backup; remove what earlier ones left unfinished."""
        with _explained(self.parts):
            for left in (*self.parts.glob(f"{HALF}*"), *self.parts.glob(f"{EXPIRED}*")):
                shutil.rmtree(left)
            half = self.parts / f"{HALF}{name}"
            half.mkdir(mode=0o700)
        return half

    def publish(self, half: Path, manifest: dict[str, Any]) -> Backup:
        """Make the folder of `begin` a complete backup."""
        with durable(half / MANIFEST) as file:
            file.write(f"{json.dumps(manifest, indent=2)}\n".encode())
        path = half.with_name(half.name.removeprefix(HALF))
        with _explained(path):
            os.sync()  # also the names of the files
            half.rename(path)
            os.sync()
        return Backup(path, manifest)

    def expire(self, *, before: datetime) -> tuple[int, int]:
        """Remove older backups, never the newest, and files that no backup has.

        Returns how many of each.
        """
        backups = self.backups()
        expired = [backup for backup in backups[:-1] if backup.made_at < before]
        with _explained(self.parts):
            for backup in expired:
                gone = backup.path.with_name(f"{EXPIRED}{backup.name}")
                backup.path.rename(gone)
                shutil.rmtree(gone)
            needed = {name for backup in self.backups() for name, _digest in backup.digests()}
            unneeded = self.objects() - needed
            for name in unneeded:
                (self.root / name).unlink()
            for left in self.files.glob("*/.*"):
                left.unlink()
        return len(expired), len(unneeded)

    def damages(self, backup: Backup) -> Iterator[str]:
        """Read all files of a backup and yield a line for each missing or changed one."""
        parts = backup.manifest["parts"]
        yield from self._damages((f"backups/{backup.name}/{name}", parts[name]) for name in parts)
        yield from self._damages(backup.digests())

    def _damages(self, files: Iterator[tuple[str, str]]) -> Iterator[str]:
        for name, digest in files:
            try:
                actual = digest_of(self.root / name)
            except OSError as error:
                yield f"{name}: {error.strerror}"
                continue
            if actual != digest:
                yield f"{name}: sha256 is {actual}, not {digest}"


class DigestWriter:
    """Writes to a file and computes the sha256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.bytes = 0
        self.error: OSError | None = None

    def write(self, data: bytes, /) -> int:
        try:
            self._file.write(data)
        except OSError as error:
            self.error = error  # a caller that is not Python may lose its number
            raise
        self._sha256.update(data)
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()

    @property
    def digest(self) -> str:
        return self._sha256.hexdigest()


@contextmanager
def durable(path: Path) -> Iterator[DigestWriter]:
    """Write a file that exists only if it is complete, is on the disk and reads as written."""
    half = path.with_name(f".{path.name}.half")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = half.open("wb")
    writer = DigestWriter(file)
    try:
        try:
            with file:
                yield writer
                with _explained(path):
                    file.flush()
                    os.fsync(file.fileno())
                    # So that it is read from the disk and not from memory.
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except Exception:
            if writer.error is not None:
                raise _unwritable(path, writer.error) from writer.error
            raise
        if digest_of(half) != writer.digest:
            raise BackupDamaged(f"{path} does not read as it was written: the disk is damaged.")
        half.replace(path)
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise BackupDamaged(f"{path / MANIFEST} cannot be read: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupRefused(
            f"{path} has the format {manifest.get('format')}; this version of ArtGen reads "
            f"{FORMAT}."
        )
    return manifest


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> BackupRefused:
    if error.errno in FULL:
        return BackupRefused(
            f"No space is left for {path}: {error.strerror}. Complete backups are kept; the next "
            "one continues with the files that are copied."
        )
    return BackupRefused(f"{error.filename or path}: {error.strerror or error}.")
