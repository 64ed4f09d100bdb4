"""Forward connections to a loopback address: `forward.py http://127.0.0.1:8000 nginx:8000`.

In the containers of the demo PUBLIC_URL is a loopback address of the host. The RunPod emulator
sends webhooks to it; inside its container this forwards them to nginx.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def forward(host: str, port: int, target: str, target_port: int) -> None:
    """Forward every connection to `host:port` to the target until canceled."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward_reader, onward_writer = await asyncio.open_connection(target, target_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pipe(reader, onward_writer), pipe(onward_reader, writer))
        for one in (onward_writer, writer):
            one.close()

    async with await asyncio.start_server(serve, host, port) as server:
        await server.serve_forever()


def main(public_url: str, target: str) -> None:
    """Forward if the public address is a loopback one; others are reachable anyway."""
    address = urlsplit(public_url)
    if address.hostname in LOOPBACK:
        target_host, _, target_port = target.rpartition(":")
        asyncio.run(forward(address.hostname, address.port or 80, target_host, int(target_port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
