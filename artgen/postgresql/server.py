"""Whether PostgreSQL responds, as this process knows it: one wait, not one for each request."""

import logging
import threading
import time
from collections.abc import Callable

import psycopg

log = logging.getLogger(__name__)

GRACE_SECONDS = 1.0
"""How long requests wait for a PostgreSQL that was there just now: a restart may take no longer."""


class Away(psycopg.OperationalError):
    """PostgreSQL did not respond just now."""


class Server:
    """`is_away`: until the next new connection. `silent_at`: when it was last found silent."""

    def __init__(self) -> None:
        self.is_away = False
        self.silent_at = 0.0
        self._grace_until = 0.0
        self.connect: Callable[[], psycopg.Connection] | None = None
        self.drop_connections: Callable[[], None] = lambda: None
        self._probe = threading.Lock()

    @property
    def is_doubted(self) -> bool:
        """Whether new connections must be quick."""
        return self.is_away or self._probe.locked()

    def check(self) -> None:
        """Raise `Away` if it is away, after GRACE_SECONDS of its absence."""
        while self.is_away:
            if time.monotonic() > self._grace_until:
                raise Away("PostgreSQL did not respond just now")
            time.sleep(0.02)

    def has_gone(self, error: Exception, *, is_silent: bool) -> None:
        """Let requests fail at once until the pool connects again.

        A silent server has been waited for already, and other waits for it end, too.
        """
        now = time.monotonic()
        if is_silent:
            self.silent_at = now
        if not self.is_away:
            self.is_away = True
            self._grace_until = now if is_silent else now + GRACE_SECONDS
            log.error("PostgreSQL does not respond", extra={"error": str(error)})
            self.drop_connections()

    def has_returned(self) -> None:
        """Let all requests pass."""
        if self.is_away:
            self.is_away = False
            log.warning("PostgreSQL responds again")

    def responds(self) -> bool:
        """Return whether it takes a new connection; True while another thread finds out."""
        if not self.connect or not self._probe.acquire(blocking=False):
            return True
        try:
            self.connect().close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:  # such as too many connections: an answer
            return True
        finally:
            self._probe.release()
        return True


SERVER = Server()
