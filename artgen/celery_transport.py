"""Celery's Redis transport: one client per connection pool, no acknowledgments for some queues.

kombu makes a `redis.Redis` for each message that it sends, receives or acknowledges, which takes
longer than the command. A client has no state but its pool and is thread-safe.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that reuses its client, and acknowledges only messages that Redis has kept."""

    _client_of_pool: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # has a connection of its own, on which it blocks
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._client_of_pool is None or self._client_of_pool.connection_pool is not self.pool:
            self._client_of_pool = super()._create_client()  # type: ignore[no-untyped-call]
        return self._client_of_pool

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        """Acknowledge the message, unless its queue has `no_ack`: Redis has not kept it."""
        if not multiple:
            try:
                self.qos.get(delivery_tag)
            except KeyError:
                return
        super().basic_ack(delivery_tag, multiple)  # type: ignore[no-untyped-call]


class Transport(redis.Transport):
    """kombu's transport with such channels."""

    Channel = Channel
