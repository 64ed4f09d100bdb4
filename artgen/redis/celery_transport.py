"""Celery's Redis transport: one client per connection pool, no acknowledgments for some queues.

kombu makes a `redis.Redis` for each message that it sends, receives or acknowledges, which takes
longer than the command. A client has no state but its pool and is thread-safe.
"""

from typing import Any

from celery.app import amqp
from kombu import connection
from kombu.transport import redis

from artgen.redis.redis_clients import Pool


class Channel(redis.Channel):
    """A channel that reuses its client, and acknowledges only messages that Redis has kept."""

    _client_of_pool: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # has a connection of its own, on which it blocks
            return super()._create_client(asynchronous=True)
        if self._client_of_pool is None or self._client_of_pool.connection_pool is not self.pool:
            self._client_of_pool = super()._create_client()
        return self._client_of_pool

    def _get_pool(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            _ = self.pool  # first, because its connections are those that probe
        parameters = self._connparams(asynchronous)
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=parameters["db"])
        return Pool(**parameters)

    def basic_ack(self, delivery_tag: object, multiple: bool = False) -> None:
        """Acknowledge the message, unless its queue has `no_ack`: Redis has not kept it."""
        if not multiple:
            try:
                self.qos.get(delivery_tag)
            except KeyError:
                return
        super().basic_ack(delivery_tag, multiple)


class Transport(redis.Transport):
    Channel = Channel


class BrokerConnection(connection.Connection):
    """A connection that is tried every second while the broker is away; kombu waits up to 30 s."""

    def _ensure_connection(
        self,
        errback: object = None,
        max_retries: int | None = None,
        interval_start: float = 1,
        interval_step: float = 0,
        *args: object,
        **options: object,
    ) -> Any:
        return super()._ensure_connection(
            errback, max_retries, interval_start, interval_step, *args, **options
        )


class AMQP(amqp.AMQP):
    Connection = BrokerConnection
