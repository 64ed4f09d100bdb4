"""Celery's transport over Redis: one client object for each pool, no acknowledgments that nobody needs.

kombu makes a `redis.Redis` for every message that it sends, fetches or acknowledges; making one takes longer than the
command. A client holds nothing but its pool and may be shared between threads.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that keeps its client, and acknowledges only what is kept until then."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # one with a connection of its own, on which it blocks
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        """Acknowledge the message; those of a queue with `no_ack` are not kept, so there is nothing to delete."""
        if multiple or delivery_tag in self.qos._delivered:
            super().basic_ack(delivery_tag, multiple)


class Transport(redis.Transport):
    """kombu's transport, with channels as above."""

    Channel = Channel
