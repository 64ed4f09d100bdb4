"""Many sockets: how fast they open in a rush, and how late events are.

The events are copies of a real one, as it went through Redis: nothing of ArtGen's code is called.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from redis.asyncio import Redis

from deploy.bench.people import SMALL
from deploy.bench.result import CannotMeasure, ResultLine, ms, quantile
from deploy.bench.runner import Bench
from deploy.bench.site import BenchSite

STAMP = re.compile(rb"sent at (\d{19})")
BATCHES_PER_SECOND = 100
CAPTURE_SECONDS = 20


@dataclass
class Seen:
    connect_seconds: float = 0.0
    refused: int = 0
    late: list[float] = field(default_factory=list)
    sent: int = 0


def sockets(bench: Bench) -> list[ResultLine]:
    """Open them all at once, then publish at a steady rate."""
    site, size = bench.site("sockets", seconds=0.5), bench.sizes
    people = site.people(size.sockets)
    channel, payload = asyncio.run(_captured(site, people[0]))
    owner = _user(site, people[0])
    users = [_user(site, account) for account in people]
    url = f"{site.url.replace('http', 'ws', 1)}/ws/jobs/"
    doors = [(url, {"Authorization": f"Bearer {account['token']}"}) for account in people]
    channels = [channel.replace(owner.encode(), user.encode()) for user in users]
    seen = asyncio.run(_watched(site, doors, channels, payload, bench))
    lost, rate = seen.sent - len(seen.late), size.sockets / seen.connect_seconds
    p50, p99 = quantile(seen.late, 0.5), quantile(seen.late, 0.99)
    return [
        ResultLine(
            f"{size.sockets} sockets: events' p99 at {size.events_per_second}/s",
            ms(p99),
            budget="≤ 25 ms",
            detail=f"p50 {ms(p50)}; {lost} of {seen.sent} lost; the client's own delay included",
            data={"p99": p99, "p50": p50, "lost": lost},
        ),
        ResultLine(
            f"{size.sockets} sockets: connecting in a rush",
            f"{rate:.0f}/s, {seen.refused} refused",
            budget="≥ 500/s, 0 refused",
            detail="until each has its snapshot; refused ones retry; through nginx",
            data={"per_second": rate, "refused": seen.refused},
        ),
    ]


async def _captured(site: BenchSite, account: dict[str, str]) -> tuple[bytes, bytes]:
    """Return channel and payload of an event of a job, as Redis carries it to the sockets."""
    headers = {"Authorization": f"Bearer {account['token']}"}
    mark = "sent at 1111111111111111111"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        Redis.from_url(site.environment["REDIS_URL"]) as cache,
    ):
        opened = await session.ws_connect(f"{site.url.replace('http', 'ws', 1)}/ws/jobs/")
        await opened.receive()
        async with cache.pubsub() as published:
            await published.psubscribe("*")
            async with session.post(
                f"{site.url}/api/v1/jobs/", json={**SMALL, "prompt": mark}
            ) as reply:
                reply.raise_for_status()
            try:
                async with asyncio.timeout(CAPTURE_SECONDS):
                    async for message in published.listen():
                        if message["type"] == "pmessage" and mark.encode() in message["data"]:
                            return message["channel"], message["data"]
            except TimeoutError:
                pass
        raise CannotMeasure("no event of a job was published in Redis")


async def _watched(
    site: BenchSite,
    doors: list[tuple[str, dict[str, str]]],
    channels: list[bytes],
    payload: bytes,
    bench: Bench,
) -> Seen:
    """Open sockets, publish to the channels in turn, and note the delay of each event."""
    seen, size = Seen(), bench.sizes
    connectors = [
        aiohttp.TCPConnector(local_addr=(f"127.3.{n}.1", 0), limit=0)
        for n in range(1 + len(doors) // 200)
    ]
    sessions = [aiohttp.ClientSession(connector=connector) for connector in connectors]
    readers: list[asyncio.Task[None]] = []
    try:
        began = time.perf_counter()
        opened = await asyncio.gather(
            *(
                _open(sessions[n // 200], url, headers, seen)
                for n, (url, headers) in enumerate(doors)
            )
        )
        seen.connect_seconds = time.perf_counter() - began
        readers = [asyncio.create_task(_read(socket, seen)) for socket in opened]
        async with Redis.from_url(site.environment["REDIS_URL"]) as cache:
            await _publish(cache, channels, payload, seen, bench)
        end = time.perf_counter() + 5
        while len(seen.late) < seen.sent and time.perf_counter() < end:
            await asyncio.sleep(0.1)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        for session in sessions:
            await session.close()
    if not seen.late:
        raise CannotMeasure(
            f"none of {size.events_per_second * size.socket_seconds} events has arrived"
        )
    return seen


async def _open(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], seen: Seen
) -> Any:
    """Open one socket; who is refused tries again, as browsers do."""
    for _ in range(60):
        try:
            socket = await session.ws_connect(url, headers=headers, max_msg_size=0)
            if (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                return socket
        except aiohttp.ClientError:
            pass
        seen.refused += 1
        await asyncio.sleep(1)
    raise CannotMeasure("a socket does not open")


async def _read(socket: aiohttp.ClientWebSocketResponse, seen: Seen) -> None:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT and (
            stamp := STAMP.search(message.data.encode())
        ):
            seen.late.append(time.time() - int(stamp[1]) / 1e9)


async def _publish(
    cache: Redis, channels: list[bytes], payload: bytes, seen: Seen, bench: Bench
) -> None:
    size = bench.sizes
    count, each = (
        size.events_per_second * size.socket_seconds,
        max(1, size.events_per_second // BATCHES_PER_SECOND),
    )
    began = time.perf_counter()
    while seen.sent < count:
        async with cache.pipeline(transaction=False) as pipe:
            for _ in range(each):
                stamp = b"sent at %d" % time.time_ns()
                pipe.publish(channels[seen.sent % len(channels)], STAMP.sub(stamp, payload))
                seen.sent += 1
            await pipe.execute()
        await asyncio.sleep(
            max(0.0, began + seen.sent / size.events_per_second - time.perf_counter())
        )


def _user(site: BenchSite, account: dict[str, str]) -> str:
    """Return a user's id, as names of channels have it."""
    user_id = site.sql("SELECT id::text FROM accounts_user WHERE email = %s", (account["email"],))
    return str(user_id)
