"""Free space of the disks that have ArtGen's files, and those of its database where it is here."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import Error, connection

from artgen.environment import installation

COMPOSE_SERVICE = "postgres"
DEBIAN_FOLDER = Path("/var/lib/postgresql")


@dataclass(frozen=True)
class Disk:
    """A disk, what ArtGen has on it, and its bytes; `free` without those reserved for root."""

    contents: tuple[str, ...]
    folder: Path
    total: int
    free: int


def disks() -> list[Disk]:
    """Return the disks that can be measured from here; empty if all data is on other machines."""
    disk_by_device: dict[int, Disk] = {}
    for contents, folder in _folders():
        folder = _existing(folder)
        device, usage = folder.stat().st_dev, shutil.disk_usage(folder)
        names = (
            (*disk_by_device[device].contents, contents)
            if device in disk_by_device
            else (contents,)
        )
        disk_by_device[device] = Disk(names, folder, usage.total, usage.free)
    return list(disk_by_device.values())


def _folders() -> Iterator[tuple[str, Path]]:
    if isinstance(default_storage, FileSystemStorage):
        yield "images", Path(settings.MEDIA_ROOT)
    if folder := _database_folder():
        yield "database", folder
    if settings.BACKUP_DIR.is_dir():
        yield "backups", settings.BACKUP_DIR


def _database_folder() -> Path | None:
    """Return a folder on the disk of the database; None if the database is elsewhere."""
    database = settings.DATABASES["default"]
    host = str(database.get("HOST") or database.get("OPTIONS", {}).get("host") or "")
    if installation.current().has_volumes_here:
        # Docker's volumes share a disk, and all containers have this one; only PostgreSQL its own.
        return Path(os.environ.get("RUN_DIR", "/run/artgen")) if host == COMPOSE_SERVICE else None
    if not (host.startswith("/") or host in ("", "localhost", "127.0.0.1", "::1")):
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_has_role(current_user, 'pg_read_all_settings', 'usage')")
            if cursor.fetchone()[0]:
                cursor.execute("SELECT current_setting('data_directory')")
                return Path(cursor.fetchone()[0])
    except Error:  # it may be down because its disk is full
        pass
    return DEBIAN_FOLDER if _can_reach(DEBIAN_FOLDER) else None


def _can_reach(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:
        return False


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    while not _can_reach(folder):
        folder = folder.parent
    return folder
