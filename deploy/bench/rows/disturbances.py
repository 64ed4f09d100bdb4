"""Disturbances at a provider: whom else do they stop, and for how long."""

import asyncio
import statistics
import time
from contextlib import suppress

from deploy.bench import further_endpoints
from deploy.bench.people import Crowd, TimedJob, burst_rate
from deploy.bench.result import CannotMeasure, ResultLine
from deploy.bench.runner import Bench
from deploy.bench.site import MODEL, BenchSite
from generation.testing.services import free_port

GPU_SECONDS = 1.0
REFUSED = 8
AT_ONCE = 50  # jobs at each of two endpoints
STEP_SECONDS = 30  # for each of the other's jobs while all is well


def hang(bench: Bench) -> list[ResultLine]:
    """Let the downloads of one person's images hang; measure the delay of another's jobs."""
    site, size = bench.site("hang", seconds=GPU_SECONDS), bench.sizes
    people = site.people(2)

    async def measure() -> tuple[list[float], list[float]]:
        async with Crowd(site.url, people) as crowd:
            before = await _one_by_one(crowd, size.other_jobs, seconds=STEP_SECONDS)
            for _ in range(size.hanging_jobs):
                await crowd.place(0, prompt="[hang] lighthouse")
            await asyncio.sleep(GPU_SECONDS + 3)
            with suppress(CannotMeasure):
                return before, await _one_by_one(
                    crowd, size.other_jobs, seconds=size.patience_seconds
                )
            return before, []

    before, during = asyncio.run(measure())
    floor = statistics.median(before)
    figure = f"one person's {size.hanging_jobs} hanging images: another's job takes"
    detail = f"median of {size.other_jobs} jobs of {GPU_SECONDS:g} s, sequential"
    if not during:
        detail = f"another's job was not done within {size.patience_seconds} s"
        data = {"before": before, "during": None}
        return [
            ResultLine(
                figure,
                f"> {size.patience_seconds} s",
                f"{floor:.2f} s",
                budget="≤ 1.1×",
                detail=detail,
                data=data,
            )
        ]
    value = statistics.median(during)
    data = {"before": before, "during": during}
    return [
        ResultLine(
            figure,
            f"{value:.2f} s",
            f"{floor:.2f} s",
            value / floor,
            "≤ 1.1×",
            f"{detail}; slowest {max(during):.2f} s",
            data,
        )
    ]


async def _one_by_one(crowd: Crowd, count: int, *, seconds: float) -> list[float]:
    took = []
    for _ in range(count):
        job: TimedJob = await crowd.place(1)
        await crowd.wait_for([job], seconds=seconds)
        took.append(job.done - job.began)
    return took


def refused(bench: Bench) -> list[ResultLine]:
    """Answer 502 until the model has no room left; measure when it serves others again."""
    site, size = bench.site("refused", seconds=GPU_SECONDS), bench.sizes
    people = site.people(2)
    site.command("set_model", MODEL, f"max_in_flight={REFUSED}")

    async def measure() -> tuple[float, float]:
        async with Crowd(site.url, people) as crowd:
            (floor,) = await _one_by_one(crowd, 1, seconds=STEP_SECONDS)
            site.emulator.plan(call="run", fault="html_502", times=REFUSED)
            began = time.perf_counter()
            for _ in range(REFUSED):
                await crowd.place(0)
            await asyncio.sleep(2)
            job = await crowd.place(1)
            with suppress(CannotMeasure):
                await crowd.wait_for([job], seconds=size.patience_seconds)
            return floor, job.done - began if job.done else 0.0

    floor, value = asyncio.run(measure())
    figure = f"{REFUSED} × 502 on /run, all the room of a model: it serves another again after"
    shown = f"{value:.1f} s" if value else f"> {size.patience_seconds} s"
    detail = "from the first of the eight POSTs to the other's image" + (
        "" if value else "; " + _why(site)
    )
    return [
        ResultLine(
            figure, shown, f"{floor:.2f} s", value / floor if value else None,
            budget="≤ 60 s", detail=detail, data={"seconds": value or None},
        )
    ]  # fmt: skip


def away(bench: Bench) -> list[ResultLine]:
    """Measure a burst while the first of two providers is away, against the second alone."""
    nowhere = further_endpoints.wavespeed_settings(f"http://127.0.0.1:{free_port()}")
    site, size = bench.site("away", seconds=GPU_SECONDS, **nowhere), bench.sizes
    people = site.people(50)
    site.command("set_model", MODEL, f"max_in_flight={AT_ONCE}")
    further_endpoints.WAVESPEED.add(site, max_in_flight=AT_ONCE)

    def rate(*, with_first: bool) -> float:
        site.sql(
            "UPDATE generation_endpoint SET enabled = %s WHERE provider = 'wavespeed'", [with_first]
        )
        return statistics.median(
            burst_rate([site.url], people, jobs=size.away_jobs) for _ in range(size.times)
        )

    floor, value = rate(with_first=False), rate(with_first=True)
    return [
        ResultLine(
            f"burst of {size.away_jobs} jobs at two providers, the first one away: jobs a minute",
            f"{value:.0f}/min", f"{floor:.0f}/min", value / floor, budget="≥ 0.9×",
            detail=f"jobs of {GPU_SECONDS:g} s, {AT_ONCE} at once; it refuses connections; all "
            "succeed; floor: the second provider alone",
            data={"per_minute": value, "floor_per_minute": floor},
        )
    ]  # fmt: skip


def _why(site: BenchSite) -> str:
    rows = site.database.execute(
        "SELECT status, count(*) FROM generation_job GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return "jobs then: " + ", ".join(f"{count} {status}" for status, count in rows)
