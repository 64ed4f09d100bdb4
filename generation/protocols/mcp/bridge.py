"""The response of an ASGI application as one of Django's, streamed as it comes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
_running: set[asyncio.Task[None]] = set()


async def response_of(
    application: Application, scope: dict[str, Any], body: bytes
) -> HttpResponseBase:
    """Return its response to this request. It hears when the client has gone, and ends itself."""
    sent: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    received = [{"type": "http.request", "body": body, "more_body": False}]
    is_over = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        await is_over.wait()
        return {"type": "http.disconnect"}

    async def run() -> None:
        try:
            await application(scope, receive, sent.put)
        except Exception:
            log.exception("%s failed", scope["path"])
        finally:
            sent.put_nowait(None)

    async def content() -> AsyncIterator[bytes]:
        try:
            while (message := await sent.get()) is not None:
                if message.get("body"):
                    yield message["body"]
                if not message.get("more_body"):
                    break
        finally:
            is_over.set()

    task = asyncio.create_task(run())
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        start = await sent.get()
    except asyncio.CancelledError:
        is_over.set()
        raise
    if start is None:
        raise RuntimeError("no response")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return StreamingHttpResponse(content(), status=start["status"], headers=headers)
