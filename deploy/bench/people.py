"""Clients for the rows: many people at once, each with a token and, if needed, a socket."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from deploy.bench.result import CannotMeasure
from deploy.bench.site import MODEL

FINAL = ("succeeded", "failed", "canceled")
SMALL = {"model": MODEL, "width": 256, "height": 256, "steps": 1}


@dataclass
class TimedJob:
    """A job from the moment before its POST to its final event."""

    began: float
    id: str = ""
    status: str = ""
    done: float = 0.0


@dataclass
class Crowd:
    """People of a site in one event loop; `async with` opens their connections and sockets."""

    url: str
    accounts: Sequence[dict[str, str]]
    jobs: dict[str, TimedJob] = field(default_factory=dict)  # by prompt

    async def __aenter__(self) -> Self:
        self.stack = AsyncExitStack()
        self.sessions = [
            await self.stack.enter_async_context(
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(
                        local_addr=(f"127.2.{n // 250}.{n % 250 + 1}", 0), limit=8
                    ),
                    headers={
                        "Authorization": f"Bearer {account['token']}",
                        "Accept-Language": "en",
                    },
                    timeout=aiohttp.ClientTimeout(total=120),
                )
            )
            for n, account in enumerate(self.accounts)
        ]
        self.readers: list[asyncio.Task[None]] = []
        await asyncio.gather(*(self._listen(session) for session in self.sessions))
        return self

    async def __aexit__(self, *error: object) -> None:
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)
        await self.stack.aclose()

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        socket = await session.ws_connect(
            f"{self.url.replace('http', 'ws', 1)}/ws/jobs/", max_msg_size=0
        )
        await socket.receive()
        self.readers.append(asyncio.create_task(self._read(socket)))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            job = json.loads(message.data).get("job") or {}
            placed = self.jobs.get(job.get("prompt", ""))
            if placed and job["status"] in FINAL and not placed.done:
                placed.done, placed.status = time.perf_counter(), job["status"]

    async def place(self, number: int, **wanted: Any) -> TimedJob:
        """Place a small job as one of the people; raise CannotMeasure if it is refused."""
        prompt = f"{wanted.pop('prompt', 'lighthouse')} {number} {time.time_ns()}"
        placed = self.jobs[prompt] = TimedJob(time.perf_counter())
        session = self.sessions[number % len(self.sessions)]
        body = {**SMALL, "prompt": prompt, **wanted}
        async with session.post(f"{self.url}/api/v1/jobs/", json=body) as reply:
            if reply.status != 201:
                raise CannotMeasure(
                    f"POST /api/v1/jobs/: {reply.status} {(await reply.text())[:200]}"
                )
            placed.id = (await reply.json())["id"]
        return placed

    async def place_many(self, count: int, *, at_once: int = 24, **wanted: Any) -> list[TimedJob]:
        """Place `count` jobs with at most `at_once` requests at the same time."""
        slots = asyncio.Semaphore(at_once)

        async def one(number: int) -> TimedJob:
            async with slots:
                return await self.place(number, **wanted)

        return list(await asyncio.gather(*(one(number) for number in range(count))))

    async def place_steadily(
        self, count: int, *, per_second: float, **wanted: Any
    ) -> list[TimedJob]:
        """Place `count` jobs at a steady rate, whether or not the site keeps up."""
        began, tasks = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            tasks.append(asyncio.create_task(self.place(number, **wanted)))
        return list(await asyncio.gather(*tasks))

    async def wait_for(self, jobs: Sequence[TimedJob], *, seconds: float) -> None:
        """Wait for the final event of each; raise CannotMeasure if one fails or takes too long."""
        limit = time.perf_counter() + seconds
        while missing := sum(not job.done for job in jobs):
            if time.perf_counter() > limit:
                raise CannotMeasure(
                    f"{missing} of {len(jobs)} jobs had no final event within {seconds:g} s"
                )
            await asyncio.sleep(0.02)
        if bad := [job.status for job in jobs if job.status != "succeeded"]:
            raise CannotMeasure(f"{len(bad)} of {len(jobs)} jobs ended as {bad[0]}")


def burst_rate(url: str, accounts: Sequence[dict[str, str]], *, jobs: int) -> float:
    """Place many jobs at once, wait until all have succeeded, and return how many a minute."""

    async def burst() -> float:
        async with Crowd(url, accounts) as crowd:
            placed = await crowd.place_many(jobs)
            await crowd.wait_for(placed, seconds=60 + jobs)
        took = max(job.done for job in placed) - min(job.began for job in placed)
        return 60 * len(placed) / took

    return asyncio.run(burst())
