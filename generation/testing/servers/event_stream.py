"""A client of the stream of events, in the process of the test."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import ApplicationCommunicator

from generation.jobs.live.routing import http


async def no_other(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(scope["path"])


class EventStreamClient:
    """One connection: `status` and `headers`, then events and comments."""

    def __init__(self, app: ApplicationCommunicator) -> None:
        self.app = app
        self.text = ""

    async def begin(self) -> None:
        await self.app.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self.app.receive_output(timeout=60)
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}

    async def body(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.app.receive_output(timeout=60)
        assert message["type"] == "http.response.body"
        return message

    async def block(self) -> list[str]:
        """Return the lines of the next block, [] at the end."""
        while "\n\n" not in self.text:
            message = await self.body()
            self.text += message["body"].decode()
            if not message.get("more_body"):
                return []
        block, _, self.text = self.text.partition("\n\n")
        return block.splitlines()

    async def event(self) -> tuple[int, dict[str, Any]]:
        """Return id and data of the next event."""
        lines = await self.block()
        fields = dict(line.split(": ", 1) for line in lines)
        if "data" not in fields:
            return await self.event()
        data = json.loads(fields["data"])
        assert fields["event"] == data["type"]
        return int(fields["id"]), data


@asynccontextmanager
async def event_stream(
    headers: Sequence[tuple[bytes, bytes]], *, method: str = "GET"
) -> AsyncIterator[EventStreamClient]:
    """Open the stream with these headers; close it with the block."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/api/v1/events",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": list(headers),
        "client": ["127.0.0.1", 1],
        "server": ["testserver", 80],
    }
    app = ApplicationCommunicator(http(no_other), scope)
    stream = EventStreamClient(app)
    await stream.begin()
    try:
        yield stream
    finally:
        await app.send_input({"type": "http.disconnect"})
        await app.wait(timeout=60)
