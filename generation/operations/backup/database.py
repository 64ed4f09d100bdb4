"""Dump and load the database with PostgreSQL's own programs, which must be as new as the server."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from django.db import connection, transaction
from psycopg import pq

from accounts.models import User
from generation.operations.backup.encryption import Reader, Writer
from generation.operations.backup.refusal import BackupRefused

APPLICATION = "artgen-backup"
"""Name of our own connections in pg_stat_activity; deploy/start.sh names the others."""
NOT_DUMPED = "django_session"  # a session that has ended must not come back
MESSAGE_LENGTH = 2000
READ = 64 * 1024
BEGIN = b"""BEGIN;
SET LOCAL lock_timeout = '20s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


@contextmanager
def snapshot() -> Iterator[str]:
    """Read one state of the database inside the block; yield its id for other connections."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        yield name


def dump(*, snapshot_id: str, write: Callable[[Reader], None]) -> None:
    """Give `write` a stream of the dump of a snapshot; refuse unless pg_restore can read it all."""
    arguments = ["--format=custom", "--compress=zstd:3", "--no-owner", "--no-privileges"]
    arguments += [f"--exclude-table-data={NOT_DUMPED}", f"--snapshot={snapshot_id}"]
    arguments += ["--lock-wait-timeout=60s"]
    with (
        _running(["pg_restore", "--file=/dev/null"], stdin=subprocess.PIPE) as check,
        _running(["pg_dump", *arguments], stdout=subprocess.PIPE) as source,
    ):
        write(_Tee(_pipe(source.stdout), _pipe(check.stdin)))


def check_dump(read: Callable[[Writer], None]) -> None:
    """Let `read` write a dump; refuse unless pg_restore can read all of it."""
    with _running(["pg_restore", "--file=/dev/null"], stdin=subprocess.PIPE) as check:
        read(_pipe(check.stdin))


def load(*, read: Callable[[Writer], None], comment: str) -> None:
    """Replace everything in the schema `public` by a dump that `read` writes, or change nothing.

    `comment` becomes that of the schema, see `note`.
    """
    connection.close()
    with _running(
        ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as psql:
        script_target = _pipe(psql.stdin)
        script_target.write(BEGIN)
        restore = ["pg_restore", "--no-owner", "--no-privileges", "--file=-"]
        with _running(restore, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as source:
            pump = threading.Thread(target=_pump, args=(_pipe(source.stdout), script_target))
            pump.start()
            try:
                read(_pipe(source.stdin))
            finally:
                with suppress(BrokenPipeError):
                    _pipe(source.stdin).close()
                pump.join()
        # Only now, when pg_restore has succeeded: a stream that merely ends is rolled back.
        with suppress(BrokenPipeError):  # psql has failed and says why
            script_target.write(f"COMMENT ON SCHEMA public IS '{comment}';\nCOMMIT;\n".encode())


def note() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regnamespace('public'), 'pg_namespace')")
        return str(cursor.fetchone()[0] or "")


def remove_note() -> None:
    """Give the schema `public` the comment that it has in a new database."""
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON SCHEMA public IS 'standard public schema'")


def content() -> str:
    """Return what would be lost with the database, "" if it is empty or has no account yet."""
    tables = connection.introspection.table_names()
    if User._meta.db_table not in tables:
        return f"{len(tables)} tables that are not ArtGen's" if tables else ""
    with connection.cursor() as cursor:  # not through models: its version may be another one
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(User._meta.db_table)}")  # noqa: S608
        (count,) = cursor.fetchone()
    return f"{count} accounts" if count else ""


def processes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT application_name FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'artgen-%%' "
            "AND application_name <> %s ORDER BY 1",
            [APPLICATION],
        )
        return [name for (name,) in cursor.fetchall()]


def needed_programs(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            raise BackupRefused(
                f"{name} is not installed. On Debian: apt-get install postgresql-client-17 (of the "
                "server's version or newer)."
            )


def need_direct_connection() -> None:
    """Refuse PgBouncer: others would get its connections with the settings of pg_dump and psql."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        raise BackupRefused(
            "DATABASE_URL is the address of PgBouncer: set that of PostgreSQL itself."
        )


class _Tee:
    """Reads from a pipe and writes everything to another process, too."""

    def __init__(self, source: IO[bytes], copy: IO[bytes]) -> None:
        self._source = source
        self._copy: IO[bytes] | None = copy

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size if size > 0 else READ)
        if self._copy is not None:
            try:
                self._copy.write(data)
            except BrokenPipeError:  # its exit status and its message say why
                self._copy = None
        return data


def _pump(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy until the source ends, also when the target has failed, so that neither blocks."""
    is_open = True
    while data := source.read(READ):
        if is_open:
            try:
                target.write(data)
            except BrokenPipeError:
                is_open = False


@contextmanager
def _running(command: list[str], **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of PostgreSQL's programs inside the block; refuse with its message if it fails."""
    with tempfile.TemporaryFile() as messages:
        program = subprocess.Popen(  # noqa: S603 constant commands
            command, env=_environment(), stderr=messages, **pipes
        )
        try:
            yield program
            if program.stdin:
                with suppress(BrokenPipeError):
                    program.stdin.close()
            status = program.wait()
        except BaseException:
            program.kill()
            program.wait()
            raise
        finally:
            for pipe in (program.stdin, program.stdout):
                if pipe:
                    with suppress(BrokenPipeError):
                        pipe.close()
        if status:
            messages.seek(0)
            error_text = messages.read().decode(errors="replace").strip()[-MESSAGE_LENGTH:]
            raise BackupRefused(f"{command[0]} ended with {status}: {error_text or 'no message'}")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("not opened as a pipe")
    return pipe


def _environment() -> dict[str, str]:
    """Return the environment in which libpq connects as Django does."""
    parameters = connection.get_connection_params()
    names = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    variables = {
        names[keyword]: str(value)
        for keyword, value in parameters.items()
        if keyword in names and value is not None
    }
    return {**os.environ, **variables, "PGAPPNAME": APPLICATION}
