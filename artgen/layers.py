"""A channel layer inside one process that other threads may send to."""

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer


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
