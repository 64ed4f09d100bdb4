"""A bounded connection pool without threads: each connection is opened by the thread that needs it.

psycopg_pool opens them in the background, with growing pauses after failures: after a restart of
PostgreSQL of two seconds, the first request of each process took up to 6.5 s. Without threads, the
pool also survives a fork.
"""

import contextlib
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

RETRY_SECONDS = 0.1
MAX_IDLE_SECONDS = 600


class PoolTimeout(psycopg.OperationalError):
    """All connections were in use until the timeout."""


@dataclass
class _Idle:
    connection: psycopg.Connection
    since: float


class Pool:
    """At most `max_size` connections; `getconn` waits `timeout` seconds for one.

    It has the methods that Django's backend calls, which returns connections to `connection._pool`.
    """

    def __init__(
        self,
        *,
        parameters: dict[str, Any],
        configure: Callable[[psycopg.Connection], object],
        max_size: int,
        timeout: float,
        max_lifetime: float,
    ) -> None:
        self.parameters, self.configure = parameters, configure
        self.timeout, self.max_lifetime = timeout, max_lifetime
        self.free = threading.BoundedSemaphore(max_size)
        self.lock = threading.Lock()
        self.idle: deque[_Idle] = deque()
        self.closed = False

    def open(self) -> None:
        """Do nothing: connections are opened on demand."""

    def close(self) -> None:
        """Close idle connections now, and those in use when they are returned."""
        with self.lock:
            self.closed = True
        self._empty()

    def getconn(self) -> psycopg.Connection:
        """Return a working connection; raise `PoolTimeout` or psycopg.OperationalError."""
        deadline = time.monotonic() + self.timeout
        if not self.free.acquire(timeout=self.timeout):
            raise PoolTimeout(f"no connection became free within {self.timeout} s")
        try:
            return self._idle() or self._connect(deadline)
        except BaseException:
            self.free.release()
            raise

    def putconn(self, connection: psycopg.Connection) -> None:
        """Take a connection back; close it if it is broken, too old or in a transaction."""
        now = time.monotonic()
        outdated: list[_Idle] = []
        with self.lock:
            reusable = (
                not self.closed
                and connection.pgconn.transaction_status == TransactionStatus.IDLE
                and connection._expire_at > now
            )
            if reusable:
                self.idle.append(_Idle(connection, now))
            while self.idle and self.idle[0].since < now - MAX_IDLE_SECONDS:
                outdated.append(self.idle.popleft())
        for entry in outdated:
            _close(entry.connection)
        if not reusable:
            _close(connection)
        self.free.release()

    def _idle(self) -> psycopg.Connection | None:
        with self.lock:
            connection = self.idle.pop().connection if self.idle else None
        if connection is None or _works(connection):
            return connection
        _close(connection)
        # The server was restarted or the network was down: the others are probably broken, too.
        self._empty()
        return None

    def _connect(self, deadline: float) -> psycopg.Connection:
        while True:
            try:
                connection = psycopg.connect(**self.parameters)
                break
            except psycopg.OperationalError:
                if time.monotonic() + RETRY_SECONDS > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
        try:
            self.configure(connection)
        except BaseException:
            _close(connection)
            raise
        connection._pool = self  # type: ignore[assignment,unused-ignore]
        connection._expire_at = time.monotonic() + self.max_lifetime
        return connection

    def _empty(self) -> None:
        with self.lock:
            connections, self.idle = self.idle, deque()
        for entry in connections:
            _close(entry.connection)


def _works(connection: psycopg.Connection) -> bool:
    # A closed connection is readable; one that is not readable works, without a round trip.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True


def _close(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.Error):
        connection.close()
