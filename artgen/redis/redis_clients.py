"""ArtGen's clients of Redis, which wait for it once a process and not once a command."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

from artgen.database.breaker import Breaker

SECONDS = 0.7
TIMEOUTS: dict[str, Any] = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
FAILURES = (ConnectionError, TimeoutError)


class _GuardedRetry(Retry):
    """Retries once over a connection that was cut, never after silence, and asks a breaker first.

    redis-py passes each command and each new connection through it.
    """

    def __init__(self, breaker: Breaker) -> None:
        super().__init__(NoBackoff(), 1, (ConnectionError,))
        self.breaker = breaker

    def __deepcopy__(self, memo: object) -> "_GuardedRetry":
        return self  # one for all connections

    def call_with_retry(self, do: Callable[[], Any], *args: Any, **options: Any) -> Any:
        """Call `do`, or raise ConnectionError at once."""
        if self.breaker.is_open:
            raise ConnectionError(f"{self.breaker.server} did not respond just now")
        try:
            return super().call_with_retry(do, *args, **options)
        except FAILURES as error:
            self.breaker.open(error)
            raise


class Pool(ConnectionPool):
    """Connections behind the breaker of their server, replaced when it opens and closes."""

    def __init__(self, **options: Any) -> None:
        self.breaker = _breaker(options)
        self.changes = self.breaker.changes
        super().__init__(**options | {"retry": _GuardedRetry(self.breaker)})

    def get_connection(self, *args: object, **options: object) -> Any:
        """Return a connection that was opened after the last change."""
        if self.changes != self.breaker.changes:
            self.changes = self.breaker.changes
            self.disconnect(inuse_connections=False)
        return super().get_connection(*args, **options)


_breakers: dict[str, Breaker] = {}


@cache
def breaker(url: str) -> Breaker:
    """Return the breaker of this server, whose address may be one of kombu."""
    return _breaker(parse_url(url.replace("redis+socket:", "unix:")))


def _breaker(options: Mapping[str, Any]) -> Breaker:
    server = _server(options)
    if server not in _breakers:
        alone = Redis(connection_pool=ConnectionPool(**{**options, **TIMEOUTS}))
        _breakers[server] = Breaker(server, FAILURES, alone.ping)
    return _breakers[server]


def _server(options: Mapping[str, Any]) -> str:
    host = options.get("path") or f"{options.get('host')}:{options.get('port', 6379)}"
    return f"Redis at {host}"


def client(url: str, *on_return: Callable[[], Any]) -> Redis:
    """Return a client with a pool of its own; call `on_return` when the server responds again."""
    pool = Pool.from_url(url, **TIMEOUTS)
    pool.breaker.on_return += on_return
    return Redis(connection_pool=pool)


def is_away(url: str) -> bool:
    """Return whether this server did not respond just now."""
    return breaker(url).is_open
