"""The CPU of a request in web and PostgreSQL."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from deploy.bench.people import SMALL
from deploy.bench.processes import cpu_seconds, tree
from deploy.bench.result import CannotMeasure, ResultLine, ms
from deploy.bench.runner import WARM_UP, Bench
from deploy.bench.site import BenchSite

AT_ONCE = 4
PLACING_PEOPLE = 40  # a user may have 200 jobs in the queue and place 20 a second


Ask = Callable[[int, str], Mapping[str, Any]]
"""Returns the request of a number at this URL."""


def post(bench: Bench) -> list[ResultLine]:
    site = _front(bench)
    people = site.people(PLACING_PEOPLE)

    def ask(number: int, url: str) -> dict[str, Any]:
        body = {**SMALL, "prompt": f"a lighthouse {number} {time.time_ns()}"}
        headers = _bearer(people[number % len(people)])
        return {"method": "POST", "url": f"{url}/api/v1/jobs/", "json": body, "headers": headers}

    return [_line(bench, site, "POST a job", ask, budget="≤ 4 ms", status=201)]


def list_jobs(bench: Bench) -> list[ResultLine]:
    return _page(bench, "list of 20 jobs", "/api/v1/jobs/", budget="≤ 6 ms")


def list_images(bench: Bench) -> list[ResultLine]:
    return _page(bench, "list of 20 images", "/api/v1/images/", budget="≤ 5 ms")


def create(bench: Bench) -> list[ResultLine]:
    return _page(bench, "`/create/`", "/create/", budget="≤ 25 ms")


def gallery(bench: Bench) -> list[ResultLine]:
    return _page(bench, "`/gallery/` (60 tiles)", "/gallery/", budget="≤ 30 ms")


def _page(bench: Bench, figure: str, path: str, *, budget: str) -> list[ResultLine]:
    site = _front(bench)
    feeds = site.accounts[: bench.feeds]

    def ask(number: int, url: str) -> dict[str, Any]:
        account = feeds[number % len(feeds)]
        headers = {"Accept-Language": "en"}
        if path.startswith("/api/"):
            headers |= _bearer(account)
        else:
            headers["Cookie"] = f"sessionid={account['session']}"
        return {"method": "GET", "url": f"{url}{path}", "headers": headers}

    return [_line(bench, site, figure, ask, budget=budget)]


def _front(bench: Bench) -> BenchSite:
    """Return a site with jobs and images in the database, without files and worker."""

    def furnish(site: BenchSite) -> None:
        site.people(bench.feeds, images=bench.sizes.feed_images)
        site.stop_drivers()
        site.sql("VACUUM ANALYZE")

    return bench.site("front", furnish=furnish, seconds=0.2)


def _line(
    bench: Bench, site: BenchSite, figure: str, ask: Ask, *, budget: str, status: int = 200
) -> ResultLine:
    size, web = bench.sizes, site.running()["web"]
    runs = [
        asyncio.run(_cost(site, web, size.requests, lambda n: ask(n, site.url), status))
        for _ in range(size.times)
    ]
    cpu = statistics.median(sum(cost) for cost, _ in runs)
    times = sorted(seconds for _, run in runs for seconds in run)
    return ResultLine(
        figure,
        ms(cpu),
        budget=budget,
        detail=f"CPU of web and PostgreSQL, {AT_ONCE} at once; "
        f"answered in {ms(times[len(times) // 2])} p50, {ms(times[len(times) * 95 // 100])} p95",
        data={
            "cpu": cpu,
            "web": statistics.median(cost[0] for cost, _ in runs),
            "PostgreSQL": statistics.median(cost[1] for cost, _ in runs),
        },
    )


async def _cost(
    site: BenchSite,
    pid: int,
    count: int,
    ask: Callable[[int], Mapping[str, Any]],
    status: int,
) -> tuple[tuple[float, float], Sequence[float]]:
    """Return CPU seconds of a request, of web and of PostgreSQL, and the seconds that each took."""
    times: list[float] = []
    numbers = iter(range(WARM_UP + count))

    async def send(session: aiohttp.ClientSession, number: int) -> None:
        began = time.perf_counter()
        async with session.request(**ask(number), allow_redirects=False) as reply:
            text = await reply.text()
            if reply.status != status:
                raise CannotMeasure(
                    f"{reply.method} {reply.url.path}: {reply.status} {_title(text)}"
                )
        times.append(time.perf_counter() - began)

    async def some(session: aiohttp.ClientSession, until: int) -> None:
        for number in numbers:
            await send(session, number)
            if number >= until - AT_ONCE:
                return

    jar, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session:
        await asyncio.gather(*(some(session, WARM_UP) for _ in range(AT_ONCE)))
        times.clear()
        before = _used(site, pid)
        await asyncio.gather(*(some(session, WARM_UP + count) for _ in range(AT_ONCE)))
        web, postgres = (used - known for used, known in zip(_used(site, pid), before, strict=True))
        return (web / len(times), postgres / len(times)), times


def _used(site: BenchSite, pid: int) -> tuple[float, float]:
    return cpu_seconds(tree(pid)), cpu_seconds(tree(site.postmaster))


def _bearer(account: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['token']}"}


def _title(text: str) -> str:
    title = re.search(r"<title>([^<]*)", text)
    return title[1] if title else text[:200]
