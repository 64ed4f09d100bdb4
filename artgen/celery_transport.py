"""Celery's transport over Redis, with one client object for each connection pool.

kombu makes a `redis.Redis` for every message that it sends, fetches or acknowledges; making one takes longer than the
command. A client holds nothing but its pool and may be shared between threads.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that keeps its client."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # one with a connection of its own, on which it blocks
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept


class Transport(redis.Transport):
    """kombu's transport, with channels as above."""

    Channel = Channel
