"""The cost of the tick: with many finished jobs, and with many due jobs that have not changed."""

import asyncio
import statistics
import time

from deploy.bench.people import Crowd
from deploy.bench.processes import cpu_seconds, tree
from deploy.bench.result import ResultLine, ms
from deploy.bench.runner import Bench
from deploy.bench.settings import Sizes
from deploy.bench.site import BenchSite

LOOKED = "12 seconds"  # longer than the interval between two checks, shorter than a lease
DUE = "generation_job WHERE status IN ('submitted', 'running') AND due_at"


def tick(bench: Bench) -> list[ResultLine]:
    size = bench.sizes
    empty = _median_idle(bench.site("empty", seconds=1.0, history=0), size)
    site = bench.site("tick", seconds=1.0)
    full = _median_idle(site, size)
    due = _due_without_news(site, bench)
    return [
        ResultLine(
            f"CPU of the tick with {size.finished_rows:,} finished jobs against an empty table",
            f"{ms(full)}/s",
            f"{ms(empty)}/s",
            full / empty if empty else None,
            budget="≤ 1.2×",
            detail=f"workers, beat and PostgreSQL over {size.tick_seconds} s without a job, "
            "a tick every 2 s",
            data={"full": full, "empty": empty},
        ),
        due,
    ]


def _median_idle(site: BenchSite, size: Sizes) -> float:
    return statistics.median(_idle(site, size.tick_seconds) for _ in range(size.times))


def _idle(site: BenchSite, seconds: float) -> float:
    """Return the CPU seconds per second of workers, beat and PostgreSQL without due jobs."""
    running = site.running()
    pids = [running[name] for name in site.drivers()]

    def used() -> float:
        return cpu_seconds([*tree(*pids), *tree(site.postmaster)])

    before, began = used(), time.monotonic()
    time.sleep(seconds)
    return (used() - before) / (time.monotonic() - began)


def _due_without_news(site: BenchSite, bench: Bench) -> ResultLine:
    """Let many jobs that never end be due at the same moment, and count what that costs."""
    size = bench.sizes
    people = site.people(8)

    async def place() -> None:
        async with Crowd(site.url, people) as crowd:
            await crowd.place_many(size.due_jobs, prompt="[stuck] lighthouse")

    asyncio.run(place())

    def running() -> bool:
        return bool(
            site.sql("SELECT count(*) FROM generation_job WHERE status = 'running'")
            >= size.due_jobs
        )

    site.wait(running, what="all jobs are drawing", seconds=120)
    time.sleep(3)  # the last news of each has been seen
    site.count_statements(True)
    try:
        runs = [_one_look(site) for _ in range(size.times)]
    finally:
        site.count_statements(False)
    statements = statistics.median(count for count, _ in runs)
    seconds = statistics.median(took for _, took in runs)
    return ResultLine(
        f"SQL statements for {size.due_jobs} jobs due without news",
        f"{statements:.0f}",
        "1",
        statements,
        budget="≤ 15",
        detail=f"idle ticks subtracted; checked within {seconds:.2f} s, the wait for the tick "
        "included; floor: one UPDATE for all",
        data={"statements": statements, "seconds": seconds},
    )


def _one_look(site: BenchSite) -> tuple[float, float]:
    """Return statements and seconds until all have been looked at once."""
    site.sql(
        f"UPDATE {DUE} IS NOT NULL".replace(
            "generation_job", "generation_job SET due_at = now() + '1 hour'", 1
        )
    )
    time.sleep(1)
    before, began = site.statements()[0], time.monotonic()
    time.sleep(6)
    idle = (site.statements()[0] - before) / (time.monotonic() - began)
    before, began = site.statements()[0], time.monotonic()
    site.sql("UPDATE generation_job SET due_at = now() WHERE status IN ('submitted', 'running')")
    # While a worker checks a job, its due_at is far ahead; afterwards it is due within seconds.
    site.wait(
        lambda: not site.sql(
            f"SELECT count(*) FROM {DUE} NOT BETWEEN now() AND now() + %s::interval", (LOOKED,)
        ),
        what="all due jobs have been looked at", seconds=60, every=0.02,
    )  # fmt: skip
    seconds = time.monotonic() - began
    return site.statements()[0] - before - idle * seconds, seconds
