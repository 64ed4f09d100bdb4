"""Memory of the processes; shared memory counts once."""

import asyncio
import time

import requests

from deploy.bench.people import Crowd
from deploy.bench.processes import pss_bytes, tree
from deploy.bench.result import Line
from deploy.bench.runner import Bench
from deploy.bench.site import Site

PAGES = ("/create/", "/gallery/", "/account/", "/explore/")
MIB = 2**20


def memory(bench: Bench) -> list[Line]:
    """Measure it after the start, and after many jobs and pages."""
    site, size = bench.site("memory", seconds=0.5), bench.sizes
    people = site.people(20, images=60)
    fresh = _pss(site)

    async def work() -> None:
        async with Crowd(site.url, people) as crowd:
            jobs = await crowd.place_many(size.memory_jobs, at_once=8, width=1024, height=1024)
            await crowd.finished(jobs, seconds=120 + size.memory_jobs)

    asyncio.run(work())
    rounds, end = 0, time.monotonic() + 60 * size.memory_minutes
    while time.monotonic() < end or not rounds:
        account = people[rounds % len(people)]
        for path in PAGES:
            requests.get(
                f"{site.url}{path}", cookies={"sessionid": account["session"]}, timeout=60
            ).raise_for_status()
        rounds += 1
    worn = _pss(site)
    total, before = sum(worn.values()), sum(fresh.values())
    return [
        Line(
            "memory (PSS) of all processes but nginx",
            f"{total / MIB:.0f} MiB",
            f"{before / MIB:.0f} MiB fresh",
            total / before,
            budget="≤ 800 MB",
            detail=f"after {size.memory_jobs} jobs, then {rounds * len(PAGES)} pages in "
            f"{size.memory_minutes:g} min; "
            + ", ".join(f"{name} {used / MIB:.0f}" for name, used in sorted(worn.items())),
            data={"fresh": fresh, "after": worn},
        )
    ]


def _pss(site: Site) -> dict[str, int]:
    return {name: pss_bytes(tree(pid)) for name, pid in site.running().items() if name != "nginx"}
