"""psycopg's connection, which waits neither for a silent server nor for a lost reply."""

import select
import time
from collections.abc import Buffer, Generator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self, TypeVar

import psycopg
from psycopg.adapt import Loader

from artgen.database.postgresql.server import SERVER, Away

Returned = TypeVar("Returned")

SILENCE_SECONDS = 0.4
"""Without a reply for so long, a new connection shows whether the server is silent."""

CONNECT_SECONDS = 1.2
"""Limit of that connection, and of others while the server is away.

Together at most 1.8 s, because psycopg looks ten times a second: a page must answer within 2 s
while PostgreSQL is away. The connection gets most of them: it decides, and a busy machine is slow.
"""

CHECK_SECONDS = 2.0
"""Limit of the check of an idle connection."""

STATEMENT_SECONDS = 35.0
"""Limit of a statement that PostgreSQL itself ends after DB_STATEMENT_TIMEOUT, by default 30 s."""


class MomentLoader(Loader):
    """Reads a moment in UTC, in a tenth of the time of Django's loader."""

    timezone = UTC
    """Django replaces loaders with another one."""

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(str(data, "ascii"))


class PostgresConnection(psycopg.Connection[Any]):
    limit = float("inf")
    used_at = 0.0

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """Connect, and tell `SERVER` if nobody answers."""
        SERVER.connect = partial(super().connect, conninfo, **options)
        try:
            connection = super().connect(conninfo, **options)
        except psycopg.OperationalError as error:
            SERVER.note(error)
            raise
        if "statement_timeout" in str(options.get("options")):
            connection.limit = STATEMENT_SECONDS
        connection.adapters.register_loader("timestamptz", MomentLoader)
        return connection

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        connecting = super()._connect_gen(conninfo)
        return _limited(connecting, CONNECT_SECONDS) if SERVER.is_doubted else connecting

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the reply; close the connection and raise OperationalError if none comes."""
        self.used_at = time.monotonic()
        return super().wait(self._watched(gen), *args, **options)

    def works(self) -> bool:
        """Return whether it can be used: nothing is to be read, and if it was idle it answers."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        if not poll.poll(0) and time.monotonic() < self.used_at + SILENCE_SECONDS:
            return True
        limit, self.limit = self.limit, CHECK_SECONDS
        try:
            self.execute("")
        except psycopg.Error:
            return False
        finally:
            self.limit = limit
        return True

    def _watched(self, gen: Any) -> Generator[Any, Any, Any]:
        started = time.monotonic()
        look_after = SILENCE_SECONDS
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready:  # psycopg looks ten times a second
                    waited = time.monotonic() - started
                    if SERVER.silent_at > started or waited > self.limit:
                        self._give_up(waited)
                    if waited > look_after:
                        look_after *= 2
                        if not SERVER.responds():
                            self._give_up(waited)
                state = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _give_up(self, waited: float) -> None:
        self.pgconn.finish()
        raise Away(f"no reply within {waited:.1f} s")


def _limited(gen: Any, seconds: float) -> Generator[Any, Any, Any]:
    """Pass on what a generator of psycopg yields, for at most `seconds`."""
    until = time.monotonic() + seconds
    try:
        state = next(gen)
        while True:
            ready = yield state
            if time.monotonic() > until:
                raise psycopg.errors.ConnectionTimeout("connection timeout expired")
            state = gen.send(ready)
    except StopIteration as end:
        return end.value
