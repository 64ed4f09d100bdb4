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
        ("POST /api/v1/batches/?a=1&wait=30", "Accept: */*", "sockets"),
        ("GET /api/v1/jobs/1/?wait=30", "Accept: */*", "sockets"),
        ("POST /mcp", "Accept: */*", "sockets"),
        ("POST /v1/images/generations", "Accept: */*", "sockets"),
    ],
)
def test_it_sends_what_waits_to_the_sockets(
    line: str, header: str, target: str, tmp_path: Path
) -> None:
    head = f"{line} HTTP/1.1\r\nHost: here\r\n{header}\r\n"
    sent = f"{head}Connection: keep-alive\r\n\r\nbody".encode()
    # The target closes: the next request may be for the other one.
    arrives = sent if "X-Long" in header else f"{head}Connection: close\r\n\r\nbody".encode()
    assert asyncio.run(_arrival(sent, tmp_path)) == (target, arrives)


def test_it_leaves_the_connection_of_a_socket_open(tmp_path: Path) -> None:
    head = "GET /ws/jobs/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert asyncio.run(_arrival(head.encode(), tmp_path)) == ("sockets", head.encode())


async def _arrival(request: bytes, folder: Path) -> tuple[str, bytes]:
    """Return which of two servers gets the request, and what it gets."""
    paths = [str(folder / name) for name in ("web", "sockets")]
    got: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async with contextlib.AsyncExitStack() as exits:
        for path in paths:

            async def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = path
            ) -> None:
                await got.put((Path(path).name, await reader.read()))
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
