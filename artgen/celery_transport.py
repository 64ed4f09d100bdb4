"""Celery's Redis transport, with one client per connection pool.

kombu makes a `redis.Redis` for each message that it sends, receives or acknowledges, which takes
longer than the command. A client has no state but its pool and is thread-safe.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that reuses its client."""

    _client_of_pool: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # has a connection of its own, on which it blocks
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._client_of_pool is None or self._client_of_pool.connection_pool is not self.pool:
            self._client_of_pool = super()._create_client()  # type: ignore[no-untyped-call]
        return self._client_of_pool


class Transport(redis.Transport):
    """kombu's transport with such channels."""

    Channel = Channel
