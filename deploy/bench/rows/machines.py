"""Several machines behind PgBouncer against one, each held to a part of a core."""

import shutil
import statistics
from collections.abc import Sequence
from contextlib import ExitStack

from deploy.bench.cores import limited
from deploy.bench.people import burst_rate
from deploy.bench.processes import cpu_seconds, tree
from deploy.bench.result import CannotMeasure, ResultLine
from deploy.bench.runner import Bench
from deploy.bench.site import OPTIONS, BenchSite
from generation.testing.servers.pgbouncer import PgBouncer
from generation.testing.servers.stack import FOUR_MACHINES, Stack

CORES = 0.2  # of each machine; PostgreSQL, Redis, bucket and emulator have the rest
GPU_SECONDS = 1.0
COUNTS = (1, 2, 4)
# Its start is known by its log.
BESIDE = FOUR_MACHINES | OPTIONS | {"LOG_LEVEL": "INFO"}
SHARED = ("PostgreSQL", "Redis")


def machines(bench: Bench) -> list[ResultLine]:
    """Measure the throughput of a burst on one, two and four machines."""
    if not shutil.which("pgbouncer"):
        raise CannotMeasure("pgbouncer is not installed")
    bench.close()
    size, bouncer = bench.sizes, PgBouncer()
    rates: list[float] = []
    with ExitStack() as servers:
        servers.enter_context(bouncer.run())
        site = BenchSite(
            seconds=GPU_SECONDS, painter="tiny", history=size.finished_rows, **FOUR_MACHINES
        )
        running: list[Stack] = []
        for count in COUNTS:
            while len(running) < count:
                stack = Stack(beside=site, **BESIDE) if running else site
                stack.environment["DATABASE_URL"] = bouncer.url(site.name)
                stack.environment["PUBLIC_URL"] = stack.url  # a balancer would share webhooks
                running.append(servers.enter_context(stack))
            people = site.accounts or site.people(40)
            rate, costs = _measured(site, running, people, bench)
            rates.append(rate)
    own = costs["machines"]
    return [
        ResultLine(
            f"burst of {size.burst_jobs // 5} jobs of {GPU_SECONDS:g} s, jobs a minute "
            "on four machines against one",
            f"{rates[-1]:.0f}/min",
            f"{rates[0]:.0f}/min",
            rates[-1] / rates[0],
            budget="≥ 3×",
            detail=f"each machine held to {CORES:g} cores; two: {rates[1]:.0f}/min, "
            f"{rates[1] / rates[0]:.2g}×. CPU a job with four, in ms: machines {1000 * own:.0f}, "
            + ", ".join(f"{name} {1000 * costs[name]:.1f}" for name in SHARED)
            + f": PostgreSQL with as many cores as one machine is full at "
            f"{own / costs['PostgreSQL']:.1f} machines",
            data={"per_minute": dict(zip(COUNTS, rates, strict=True)), **costs},
        )
    ]


def _measured(
    site: BenchSite, running: Sequence[Stack], people: Sequence[dict[str, str]], bench: Bench
) -> tuple[float, dict[str, float]]:
    """Return jobs a minute, and CPU seconds a job of all machines, PostgreSQL and Redis."""
    jobs, times = bench.sizes.burst_jobs // 5, bench.sizes.times
    urls = [stack.url for stack in running]
    with ExitStack() as limits:
        for stack in running:
            limits.enter_context(limited(stack.process.pid, cores=CORES))
        before = _cpu(site, running)
        rate = statistics.median(burst_rate(urls, people, jobs=jobs) for _ in range(times))
        after = _cpu(site, running)
    return rate, {name: (after[name] - used) / jobs / times for name, used in before.items()}


def _cpu(site: BenchSite, running: Sequence[Stack]) -> dict[str, float]:
    """Return the CPU seconds so far of all machines together, PostgreSQL and Redis."""
    used = site.cpu()
    shared = {name: used[name] for name in SHARED}
    return shared | {"machines": cpu_seconds(tree(*(stack.process.pid for stack in running)))}
