"""A bare fan-out: a WebSocket server that only passes on what Redis publishes for a user.

`python -m deploy.bench.floors.fanout PORT REDIS_URL`: `/?user=NAME` opens the socket of a user.
"""

import asyncio
import sys
from collections import defaultdict

from aiohttp import WSMsgType, web
from redis.asyncio import Redis

CHANNEL = "bench."
sockets: dict[str, set[web.WebSocketResponse]] = defaultdict(set)


async def serve(request: web.Request) -> web.WebSocketResponse:
    """Greet, then keep the socket of a user open."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    user = request.query["user"]
    sockets[user].add(socket)
    await socket.send_str('{"type": "snapshot", "jobs": []}')
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            break
    sockets[user].discard(socket)
    return socket


async def main(port: int, url: str) -> None:
    """Serve until the process is ended."""
    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=2048).start()
    async with Redis.from_url(url).pubsub() as published:
        await published.psubscribe(f"{CHANNEL}*")
        async for message in published.listen():
            if message["type"] == "pmessage":
                text = message["data"].decode()
                for socket in list(sockets[message["channel"].decode().removeprefix(CHANNEL)]):
                    await socket.send_str(text)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
