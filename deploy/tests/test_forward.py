"""The front of the demo: what waits or streams goes to the process of the sockets."""

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy import forward
from generation.testing.services import free_port

PREFERS = "Accept: */*\r\nprefer: respond-async, wait=30"


@pytest.mark.parametrize(
    ("line", "header", "target"),
    [
        ("GET /create/?next=/mcp", "Accept: */*", "web"),
        ("GET /create/", PREFERS, "web"),
        ("POST /api/v1/jobs/", "Prefer: return=minimal", "web"),
        ("POST /api/v1/jobs/", f"X-Long: {'x' * 70_000}", "web"),
        ("POST /api/v1/jobs/", PREFERS, "sockets"),
        ("POST /api/v1/batches/", "Prefer: wait=30", "sockets"),
        ("GET /api/v1/jobs/1/?wait=30", "Accept: */*", "sockets"),
        ("POST /mcp", "Accept: */*", "sockets"),
        ("POST /v1/images/generations", "Accept: */*", "sockets"),
    ],
)
def test_it_sends_what_waits_to_the_sockets(
    line: str, header: str, target: str, tmp_path: Path
) -> None:
    request = f"{line} HTTP/1.1\r\nHost: here\r\n{header}\r\n\r\nbody".encode()
    assert asyncio.run(_target_of(request, tmp_path)) == (target, len(request))


async def _target_of(request: bytes, folder: Path) -> tuple[str, int]:
    """Return which of two servers gets the request, and how much of it."""
    paths = [str(folder / name) for name in ("web", "sockets")]
    got: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async with contextlib.AsyncExitStack() as exits:
        for path in paths:

            async def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = path
            ) -> None:
                await got.put((Path(path).name, len(await reader.read())))
                writer.close()

            await exits.enter_async_context(await asyncio.start_unix_server(answer, path))
        at = urlsplit(f"http://127.0.0.1:{free_port()}")
        front = asyncio.create_task(forward.main(at.geturl(), *paths))
        exits.callback(front.cancel)
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                _reader, writer = await asyncio.open_connection(at.hostname, at.port)
                break
            await asyncio.sleep(0.01)
        writer.write(request)
        writer.write_eof()
        return await asyncio.wait_for(got.get(), 10)
