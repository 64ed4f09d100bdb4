"""Forward connections: `forward.py ADDRESS TARGET [TARGET_OF_SOCKETS]`.

A target is HOST:PORT or the path of a Unix socket; what waits or streams goes to that of sockets,
as nginx sends it. A connection is for one request, because the next one may go to the other.
"""

import asyncio
import contextlib
import re
import sys
from urllib.parse import urlsplit

WAITING = re.compile(
    rb"\w+ /(?:ws/|v1/|sdapi/|t/|mcp\b|api/v1/events|api/v1/(?:jobs|batches)/\S*[?&]wait=\d"
    rb"|api/v1/(?:jobs|batches)/.*\nprefer:[^\r\n]*\bwait\s*=)",
    re.DOTALL | re.IGNORECASE,
)
CONNECTION = re.compile(rb"\r\nconnection:[^\r\n]*", re.IGNORECASE)
UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if "/" in target:
        return await asyncio.open_unix_connection(target)
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the reader's side has ended."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


async def main(address: str, web: str, sockets: str = "") -> None:
    """Serve until the process ends; at once nothing if the address is none of this machine.

    In the containers of the demo PUBLIC_URL is a loopback address of the host, to which the RunPod
    emulator sends webhooks; others are reachable anyway.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            head = b""
            with contextlib.suppress(asyncio.LimitOverrunError):  # the target refuses it
                head = await reader.readuntil(b"\r\n\r\n")
            target = sockets if sockets and WAITING.match(head) else web
            if head and not UPGRADE.search(head):
                head = CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n"
            onward_reader, onward_writer = await connect(target)
            onward_writer.write(head)
            request = asyncio.create_task(copy(reader, onward_writer))
            await copy(onward_reader, writer)
            request.cancel()
            onward_writer.close()
        writer.close()

    at = urlsplit(address)
    if at.hostname in LOOPBACK:
        async with await asyncio.start_server(serve, at.hostname, at.port or 80) as server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
