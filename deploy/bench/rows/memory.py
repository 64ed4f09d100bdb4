"""Memory of the processes; shared memory counts once."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from deploy.bench.people import Crowd
from deploy.bench.processes import pss_bytes, tree
from deploy.bench.result import ResultLine
from deploy.bench.runner import Bench
from deploy.bench.site import BenchSite

PAGES = ("/create/", "/gallery/", "/account/", "/explore/")
MIB = 2**20
PAUSE = 0.5  # seconds between two pages
AT_MOST = 8  # jobs a second


def memory(bench: Bench) -> list[ResultLine]:
    """Measure it after the start, and after a time of work: jobs and pages side by side."""
    site, size = bench.site("memory", seconds=0.5), bench.sizes
    people = site.people(20, images=60)
    fresh = _pss(site)

    rounds = asyncio.run(_work(site.url, people, size.memory_jobs, 60 * size.memory_minutes))
    worn = _pss(site)
    total, before = sum(worn.values()), sum(fresh.values())
    return [
        ResultLine(
            "memory (PSS) of all processes but nginx",
            f"{total / MIB:.0f} MiB",
            f"{before / MIB:.0f} MiB fresh",
            total / before,
            budget="≤ 800 MB",
            detail=f"after {size.memory_jobs} jobs and {rounds * len(PAGES)} pages in "
            f"{size.memory_minutes:g} min; "
            + ", ".join(f"{name} {used / MIB:.0f}" for name, used in sorted(worn.items())),
            data={"fresh": fresh, "after": worn},
        )
    ]


async def _work(url: str, people: Sequence[dict[str, str]], jobs: int, seconds: float) -> int:
    """Place jobs and read pages, both spread over `seconds`; return how often all pages were read.

    The last jobs may end later.
    """
    end = time.monotonic() + seconds

    async def read() -> int:
        rounds = 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as client:
            while not rounds or time.monotonic() < end:
                cookies = {"sessionid": people[rounds % len(people)]["session"]}
                for path in PAGES:
                    async with client.get(f"{url}{path}", cookies=cookies) as reply:
                        reply.raise_for_status()
                        await reply.read()
                    await asyncio.sleep(min(PAUSE, seconds / 100))
                rounds += 1
        return rounds

    async with Crowd(url, people) as crowd:
        reading = asyncio.create_task(read())
        placed = await crowd.place_steadily(
            jobs, per_second=jobs / max(seconds, jobs / AT_MOST), width=1024, height=1024
        )
        await crowd.wait_for(placed, seconds=120 + jobs)
        return await reading


def _pss(site: BenchSite) -> dict[str, int]:
    return {name: pss_bytes(tree(pid)) for name, pid in site.running().items() if name != "nginx"}
