"""The CPU of a request in web and PostgreSQL, against one statement behind a bare gunicorn."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from deploy.bench.floors import servers
from deploy.bench.floors.wsgi import TABLES
from deploy.bench.people import SMALL
from deploy.bench.processes import cpu_seconds, tree
from deploy.bench.result import CannotMeasure, ResultLine, ms
from deploy.bench.runner import WARM_UP, Bench
from deploy.bench.site import BenchSite

AT_ONCE = 4
PLACING_PEOPLE = 40  # a user may have 200 jobs in the queue and place 20 a second


@dataclass(frozen=True)
class ComparedRequest:
    figure: str
    ask: Callable[[int, str], Mapping[str, Any]]
    """Returns the request of a number and the URL of the server."""
    floor_path: str
    budget: str
    status: int = 200


def post(bench: Bench) -> list[ResultLine]:
    site = _front(bench)
    people = site.people(PLACING_PEOPLE)

    def ask(number: int, url: str) -> dict[str, Any]:
        account = people[number % len(people)]
        body = {**SMALL, "prompt": f"a lighthouse {number} {time.time_ns()}"}
        return {
            "method": "POST",
            "url": f"{url}/api/v1/jobs/",
            "json": body,
            "headers": _bearer(account),
        }

    compared = ComparedRequest("POST a job", ask, "/post", budget="≤ 6×", status=201)
    return [_line(bench, site, compared)]


def list_jobs(bench: Bench) -> list[ResultLine]:
    return [_list(bench, "list of 20 jobs", "/api/v1/jobs/", "/jobs")]


def list_images(bench: Bench) -> list[ResultLine]:
    return [_list(bench, "list of 20 images", "/api/v1/images/", "/images")]


def create(bench: Bench) -> list[ResultLine]:
    return [_page(bench, "`/create/`", "/create/", "/jobs", budget="≤ 25 ms")]


def gallery(bench: Bench) -> list[ResultLine]:
    return [_page(bench, "`/gallery/` (60 tiles)", "/gallery/", "/tiles", budget="≤ 30 ms")]


def _list(bench: Bench, figure: str, path: str, floor: str) -> ResultLine:
    site = _front(bench)
    feeds = site.accounts[: bench.feeds]

    def ask(number: int, url: str) -> dict[str, Any]:
        account = feeds[number % len(feeds)]
        return {"method": "GET", "url": f"{url}{path}", "headers": _bearer(account)}

    return _line(bench, site, ComparedRequest(figure, ask, floor, budget="≤ 5×"))


def _page(bench: Bench, figure: str, path: str, floor: str, *, budget: str) -> ResultLine:
    site = _front(bench)
    feeds = site.accounts[: bench.feeds]

    def ask(number: int, url: str) -> dict[str, Any]:
        account = feeds[number % len(feeds)]
        cookie = {"Cookie": f"sessionid={account['session']}", "Accept-Language": "en"}
        return {"method": "GET", "url": f"{url}{path}", "headers": cookie | _bearer(account)}

    return _line(bench, site, ComparedRequest(figure, ask, floor, budget=budget))


def _front(bench: Bench) -> BenchSite:
    """Return a site with jobs and images in the database, without files and worker."""

    def furnish(site: BenchSite) -> None:
        site.people(bench.feeds, images=bench.sizes.feed_images)
        site.stop_drivers()
        site.sql(TABLES)
        site.sql("VACUUM ANALYZE")

    return bench.site("front", furnish=furnish, seconds=0.2)


def _line(bench: Bench, site: BenchSite, compared: ComparedRequest) -> ResultLine:
    size = bench.sizes
    site.sql(TABLES)
    web = site.running()["web"]
    runs = [
        asyncio.run(
            _cost(site, web, size.requests, lambda n: compared.ask(n, site.url), compared.status)
        )
        for _ in range(size.times)
    ]
    ours = statistics.median(sum(cost) for cost, _ in runs)
    environment = site.environment

    def bare(number: int, url: str) -> dict[str, Any]:
        request = compared.ask(number, url)
        return {
            "method": "POST" if compared.floor_path == "/post" else "GET",
            "url": f"{url}{compared.floor_path}",
        } | {name: request[name] for name in ("json", "headers") if name in request}

    with servers.wsgi(environment) as (url, pid):
        floors = [
            asyncio.run(_cost(site, pid, 2 * size.requests, lambda n: bare(n, url)))
            for _ in range(size.times)
        ]
    floor = statistics.median(sum(cost) for cost, _ in floors)
    times = sorted(seconds for _, run in runs for seconds in run)
    return ResultLine(
        compared.figure,
        ms(ours),
        ms(floor),
        ours / floor if floor else None,
        budget=compared.budget,
        detail=f"CPU of web and PostgreSQL, {AT_ONCE} at once; "
        f"answered in {ms(times[len(times) // 2])} p50, {ms(times[len(times) * 95 // 100])} p95",
        data={
            "cpu": ours,
            "floor": floor,
            "web": statistics.median(cost[0] for cost, _ in runs),
            "PostgreSQL": statistics.median(cost[1] for cost, _ in runs),
        },
    )


async def _cost(
    site: BenchSite,
    pid: int,
    count: int,
    ask: Callable[[int], Mapping[str, Any]],
    status: int = 200,
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
