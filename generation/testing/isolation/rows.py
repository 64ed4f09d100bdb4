"""All rows of all tables and all stored files, to prove that a request changed nothing."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

# Reading changes them; nothing in them belongs to a user's data.
UNCOUNTED = {"django_migrations", "django_content_type", "auth_permission"}

Rows = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Change:
    """Rows of one table that are gone, or that are new; a changed row is both."""

    table: str
    gone: frozenset[str]
    new: frozenset[str]

    def concerns(self, ids: Collection[str]) -> bool:
        """Whether one of these values is in a row."""
        return any(one in row for row in self.gone | self.new for one in ids)

    def __str__(self) -> str:
        rows = [f"-{row[:200]}" for row in self.gone] + [f"+{row[:200]}" for row in self.new]
        return f"{self.table}: " + " ".join(rows[:4])


class Tables:
    """The tables of the database; needs PostgreSQL."""

    def __init__(self) -> None:
        names = set(connection.introspection.table_names()) - UNCOUNTED
        self.names = sorted(names)

    def writes(self) -> dict[str, int]:
        """Return how many rows of each table this transaction has written, with those rolled back.

        PostgreSQL counts them, so a table of which nothing was written need not be read.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
                " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
            )
            return {name: count for name, count in cursor.fetchall() if name in self.names}

    def rows(self, names: Collection[str]) -> Rows:
        found = {}
        with connection.cursor() as cursor:
            for name, quoted in self._quoted():
                if name in names:
                    cursor.execute(f"SELECT t::text FROM {quoted} t")
                    found[name] = frozenset(row for (row,) in cursor.fetchall())
        return found

    def _quoted(self) -> list[tuple[str, str]]:
        return [(name, connection.ops.quote_name(name)) for name in self.names]


def changes(before: Rows, after: Rows) -> list[Change]:
    """Return what differs, by table."""
    return [
        Change(name, gone=before[name] - rows, new=rows - before[name])
        for name, rows in after.items()
        if rows != before[name]
    ]


def files() -> dict[Path, bytes]:
    """Return the content of every stored file."""
    media = Path(settings.MEDIA_ROOT)
    return {path: path.read_bytes() for path in media.rglob("*") if path.is_file()}


def file_rows() -> frozenset[str]:
    """Return a line for each stored file that differs once it is written again."""
    folders = [Path(settings.MEDIA_ROOT)]
    found = []
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.is_dir():
                folders.append(Path(entry.path))
            else:
                about = entry.stat()
                found.append(f"{entry.path} {about.st_size} bytes, written {about.st_mtime_ns}")
    return frozenset(found)


def restore_files(kept: Mapping[Path, bytes]) -> None:
    """Write and remove files until they are those of `files` before."""
    now = files()
    for path in now.keys() - kept.keys():
        path.unlink()
    for path, content in kept.items():
        if now.get(path) != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
