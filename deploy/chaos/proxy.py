"""A proxy of a server that can be closed, slow, or answer with errors as S3 servers send them."""

import asyncio
import random
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from generation.testing.services import free_port

PIECE = 65_536
ERRORS = (
    (503, "SlowDown", "Please reduce your request rate."),
    (500, "InternalError", "We encountered an internal error."),
    (403, "AccessDenied", "Access Denied"),
)
OPEN, SLOW, ERROR, CLOSED = "open", "slow", "error", "closed"


class Proxy:
    """Passes everything on while it is open; `address` is that of the server for ArtGen."""

    def __init__(self, port: int, *, seed: int, slow_seconds: float) -> None:
        self._behind = port
        self._random = random.Random(seed)
        self._slow_seconds = slow_seconds
        self._state = OPEN
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self.port = free_port()
        threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True).start()
        self._call(self._listen())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def treat(self, state: str) -> None:
        """Change how requests are treated from now on. `closed` refuses connections."""
        self._call(self._change(state))

    def close(self) -> None:
        self.treat(CLOSED)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=256)

    async def _change(self, state: str) -> None:
        if state == CLOSED and self._server is not None:
            self._server.close()
            self._server = None
            for writer in list(self._connections):
                writer.transport.abort()
        elif state != CLOSED and self._server is None:
            await self._listen()
        self._state = state

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        behind: asyncio.StreamWriter | None = None
        try:
            answers, behind = await asyncio.open_connection("127.0.0.1", self._behind)
            back = asyncio.create_task(self._pass_on(answers, writer))
            while data := await reader.read(PIECE):
                if self._state == SLOW:
                    await asyncio.sleep(self._random.uniform(0, self._slow_seconds))
                if self._state == ERROR:
                    await self._refuse(reader, writer, data)
                    break
                behind.write(data)
                await behind.drain()
            behind.close()
            await back
        except OSError:
            pass
        finally:
            self._connections.discard(writer)
            for stream in filter(None, (behind, writer)):
                with suppress(OSError):
                    stream.close()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(PIECE):
                target.write(data)
                await target.drain()
            target.close()

    async def _refuse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes
    ) -> None:
        """Answer a request, or the rest of one, with an error as S3 servers send it."""
        with suppress(TimeoutError):
            while b"\r\n\r\n" not in data:
                async with asyncio.timeout(1):
                    more = await reader.read(PIECE)
                if not more:
                    return
                data += more
        status, code, message = self._random.choice(ERRORS)
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        head = f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
