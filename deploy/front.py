"""Serve the demo at one address: `front.py PORT`. Sockets go to daphne, the rest to gunicorn.

As nginx does in production; by the path of a connection's first request.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

HOST = "127.0.0.1"
RUN_DIR = Path(os.environ["RUN_DIR"])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward one connection until the server has ended it."""
    with contextlib.suppress(OSError, ValueError):
        line = await reader.readline()
        name = "sockets" if line.startswith(b"GET /ws/") else "web"
        onward_reader, onward_writer = await asyncio.open_unix_connection(RUN_DIR / f"{name}.sock")
        onward_writer.write(line)
        request = asyncio.create_task(copy(reader, onward_writer))
        await copy(onward_reader, writer)
        request.cancel()
        onward_writer.close()
    writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the reader's side has ended."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


async def main(port: int) -> None:
    """Serve until the process ends."""
    async with await asyncio.start_server(serve, HOST, port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
