"""Channel layers that code without an event loop may send to: over Redis, and inside one process."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def send_to_group(group: str, message: dict[str, Any]) -> None:
    """Send to a group from code without an event loop; raises what the layer's client does when it is away."""
    layer = get_channel_layer()
    if isinstance(layer, RedisLayer):
        layer.publish(group, message)
    else:
        async_to_sync(layer.group_send)(group, message)


def send_to_groups(messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Send several (group, message) in this order, over Redis in one round trip; raises as `send_to_group`."""
    layer = get_channel_layer()
    if isinstance(layer, RedisLayer):
        layer.publish_all(messages)
        return
    for group, message in messages:
        async_to_sync(layer.group_send)(group, message)


class RedisLayer(RedisPubSubChannelLayer):
    """RedisPubSubChannelLayer that sends from any thread over connections that are kept.

    `async_to_sync` makes an event loop for each call, and the layer a connection for each loop: 3 ms for a message
    that takes 0.05.
    """

    def publish(self, group: str, message: dict[str, Any]) -> None:
        """Send without an event loop."""
        self.publish_all([(group, message)])

    def publish_all(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Send several messages without an event loop, in one round trip."""
        with self._connections.pipeline(transaction=False) as pipeline:
            for group, message in messages:
                # Named as by RedisPubSubLoopLayer._get_group_channel_name, with the prefix that it has by default.
                pipeline.publish(f"asgi__group__{group}", self.serialize(message))
            pipeline.execute()

    @cached_property
    def _connections(self) -> Redis:
        (host,) = self._kwargs["hosts"]
        options = {name: value for name, value in host.items() if name != "address"}
        # One more try: of a connection that Redis' restart has cut.
        return Redis.from_url(host["address"], retry=Retry(NoBackoff(), 1), **options)


class ThreadsafeInMemoryChannelLayer(InMemoryChannelLayer):
    """InMemoryChannelLayer whose queues belong to one event loop, that of the sockets; others' sends hop onto it.

    In the demo Celery's threads send; putting into another loop's asyncio.Queue would not wake its reader.
    """

    _sockets_loop: asyncio.AbstractEventLoop | None = None

    async def receive(self, channel: str) -> dict[str, Any]:
        """Receive on the sockets' loop, and remember it."""
        self._sockets_loop = asyncio.get_running_loop()
        message: dict[str, Any] = await super().receive(channel)
        return message

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send from any thread; from another one without waiting, for the sockets' loop may just be ending."""
        loop = self._sockets_loop
        if loop is None or loop is asyncio.get_running_loop():
            await super().group_send(group, message)
        elif loop.is_running():
            asyncio.run_coroutine_threadsafe(super().group_send(group, message), loop)
