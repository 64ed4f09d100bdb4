"""Whether PostgreSQL responds, as this process knows it: one wait, not one for each request."""

import threading
import time
from collections.abc import Callable

import psycopg

from artgen.database.breaker import Breaker

GRACE_SECONDS = 1.0
"""How long requests wait for a PostgreSQL that was there just now: a restart may take no longer."""

ABSENT = ("refused", "No such file", "unreachable", "resolve host", "translate host")
"""In libpq's errors. Others come from the server, such as too many connections."""


class Away(psycopg.OperationalError):
    """PostgreSQL did not respond just now."""


class PostgresServer(Breaker):
    """The breaker of PostgreSQL. `silent_at`: when it was last found silent."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL", (Away,), self._connect)
        self.silent_at = 0.0
        self._grace_until = 0.0
        self.connect: Callable[[], psycopg.Connection] | None = None
        self.drop_connections: Callable[[], None] = lambda: None
        self._looking = threading.Lock()

    @property
    def is_doubted(self) -> bool:
        """Whether new connections must be quick."""
        return self.is_open or self._looking.locked()

    def check(self) -> None:
        """Raise `Away` if it is away, after GRACE_SECONDS of its absence."""
        while self.is_open:
            if time.monotonic() > self._grace_until:
                raise Away("PostgreSQL did not respond just now")
            time.sleep(0.02)

    def note(self, error: psycopg.OperationalError) -> bool:
        """Return whether nobody answered; then let requests fail at once.

        A silent server has been waited for already, and other waits for it end, too.
        """
        is_silent = isinstance(error, psycopg.errors.ConnectionTimeout)
        if is_silent:
            self.silent_at = time.monotonic()
        elif not any(text in str(error) for text in ABSENT):
            return False
        if not self.is_open:
            self._grace_until = time.monotonic() + (0 if is_silent else GRACE_SECONDS)
            self.open(error)
            self.drop_connections()
        return True

    def responds(self) -> bool:
        """Return whether it takes a new connection; True while another thread finds out."""
        if not self._looking.acquire(blocking=False):
            return True
        try:
            self._connect()
        except Away:
            return False
        finally:
            self._looking.release()
        return True

    def _connect(self) -> None:
        """Raise Away if nobody answers."""
        try:
            if self.connect:
                self.connect().close()
        except psycopg.OperationalError as error:
            if self.note(error):
                raise Away(str(error)) from error


SERVER = PostgresServer()
