"""Jobs from placed to stored: bursts, CPU, added latency, the cost of an image."""

import asyncio
import io
import statistics
import time

import requests
from PIL import Image

from deploy.bench import blocking
from deploy.bench.people import Crowd, burst_rate
from deploy.bench.result import CannotMeasure, ResultLine, ms, quantile
from deploy.bench.runner import Bench
from deploy.bench.site import FRONT, BenchSite

BURST_SECONDS = 8.0  # of a GPU for an image
GPU_SECONDS = 2.0
BLOCKING_WORKERS = 12
RATES = (5, 20)
CPU_RATE = 10
ENDPOINT = "black-forest-labs-flux-1-schnell"
PNG_MODEL = "p-image"  # FLUX sends JPEG, which is decoded in a tenth of the time


def burst(bench: Bench) -> list[ResultLine]:
    """Measure the throughput of many jobs at once against that of the blocking design."""
    site, size = bench.site("burst", seconds=BURST_SECONDS), bench.sizes
    people = site.people(50)

    ours = statistics.median(
        burst_rate(site.url, people, jobs=size.burst_jobs) for _ in range(size.times)
    )
    site.stop_drivers()
    floor = _blocking_rate(site, jobs=size.burst_floor_jobs)
    return [
        ResultLine(
            f"burst of {size.burst_jobs} jobs of {BURST_SECONDS:g} s, jobs a minute "
            f"against {BLOCKING_WORKERS} blocking workers",
            f"{ours:.0f}/min",
            f"{floor:.0f}/min",
            ours / floor,
            budget="≥ 22×",
            detail="placed by POST of 50 people; "
            f"the floor's rate is that of {size.burst_floor_jobs} jobs",
            data={"per_minute": ours, "floor_per_minute": floor},
        )
    ]


def _blocking_rate(site: BenchSite, *, jobs: int) -> float:
    environment = site.environment | {"BENCH_ENDPOINT": ENDPOINT}
    site.sql(
        "CREATE TABLE IF NOT EXISTS bench_blocking "
        "(job text, at timestamptz DEFAULT clock_timestamp())"
    )
    site.sql("GRANT ALL ON bench_blocking TO PUBLIC")

    def send(count: int) -> None:
        with blocking.app.connection_for_write(environment["REDIS_URL"]) as connection:
            for number in range(count):
                blocking.app.send_task("draw", args=[f"blocking {number}"], connection=connection)

    def stored() -> int:
        return int(site.sql("SELECT count(*) FROM bench_blocking"))

    with blocking.workers(environment, count=BLOCKING_WORKERS):
        send(BLOCKING_WORKERS)  # each opens its connections before the measurement
        site.wait(lambda: stored() >= BLOCKING_WORKERS, what="the blocking workers", seconds=120)
        began = time.monotonic()
        send(jobs)
        site.wait(
            lambda: stored() >= BLOCKING_WORKERS + jobs,
            what="the blocking design",
            seconds=60 + 2 * jobs,
        )
        return 60 * jobs / (time.monotonic() - began)


def cpu(bench: Bench) -> list[ResultLine]:
    """Measure the CPU of all processes and PostgreSQL for jobs at a steady rate."""
    site, size = bench.site("jobs", seconds=GPU_SECONDS), bench.sizes
    people, rate = site.people(20), CPU_RATE

    async def once() -> dict[str, float]:
        async with Crowd(site.url, people) as crowd:
            before = site.cpu()
            jobs = await crowd.place_steadily(size.steady_jobs, per_second=rate)
            await crowd.wait_for(jobs, seconds=120)
            return {name: (used - before[name]) / len(jobs) for name, used in site.cpu().items()}

    runs = [asyncio.run(once()) for _ in range(size.times)]
    totals = [sum(used for name, used in run.items() if name != "Redis") for run in runs]
    total = statistics.median_low(totals)
    chosen = runs[totals.index(total)]
    parts = ", ".join(f"{name} {1000 * used:.1f}" for name, used in sorted(chosen.items()))
    return [
        ResultLine(
            "CPU a job, all processes and PostgreSQL",
            ms(total),
            budget="≤ 80 ms",
            detail=f"at {rate}/s, ticks and images of 256² included. In ms: {parts}",
            data={"total": total, "parts": chosen},
        )
    ]


def latency(bench: Bench) -> list[ResultLine]:
    """Measure the time from the POST to the socket's event, minus the GPU's, at two rates."""
    site, size, lines = bench.site("jobs", seconds=GPU_SECONDS), bench.sizes, []
    people = site.people(40)

    async def once(rate: int) -> list[float]:
        async with Crowd(site.url, people) as crowd:
            jobs = await crowd.place_steadily(size.steady_jobs, per_second=rate)
            await crowd.wait_for(jobs, seconds=240)
            return [job.done - job.began - GPU_SECONDS for job in jobs]

    for rate in RATES:
        runs = [asyncio.run(once(rate)) for _ in range(size.times)]
        p50, p99 = (
            statistics.median(quantile(run, share) for run in runs) for share in (0.5, 0.99)
        )
        lines.append(
            ResultLine(
                f"time beyond the GPU's at {rate} jobs/s, p50 / p99",
                f"{ms(p50)} / {ms(p99)}",
                budget="≤ 90 / 200 ms",
                detail=f"POST to the socket's event, {size.steady_jobs} jobs of {GPU_SECONDS:g} s",
                data={"p50": p50, "p99": p99},
            )
        )
    return lines


def store(bench: Bench) -> list[ResultLine]:
    """Measure the CPU of storing a large image as the difference to a small one."""
    site, size = bench.site("painted", seconds=GPU_SECONDS, painter="full"), bench.sizes
    people = site.people(8)

    async def used(side: int) -> float:
        async with Crowd(site.url, people) as crowd:
            before = site.cpu()
            jobs = await crowd.place_many(
                size.stored_images, at_once=4, width=side, height=side, model=PNG_MODEL, steps=None
            )
            await crowd.wait_for(jobs, seconds=60 + 10 * size.stored_images)
            after = site.cpu()
        return sum(
            after[name] - before[name] for name in after if name not in (*FRONT, "Redis")
        ) / len(jobs)

    large = statistics.median(
        asyncio.run(used(1024)) - asyncio.run(used(256)) for _ in range(size.times)
    )
    data = _newest_image(site, people, width=1024)
    floor = _decode_and_put(site, data)
    floor_small = _decode_and_put(site, _newest_image(site, people, width=256))
    return [
        ResultLine(
            "store one 1024² image against decode + PUT",
            ms(large + floor_small),
            ms(floor),
            (large + floor_small) / floor,
            budget="≤ 3.5×",
            detail=f"CPU of the workers for {size.stored_images} jobs of 1024² minus that for "
            "as many of 256², plus decode + PUT of the small one; "
            f"a file of {len(data) / 1e6:.1f} MB",
            data={"store": large + floor_small, "floor": floor, "bytes": len(data)},
        )
    ]


def _decode_and_put(site: BenchSite, data: bytes, *, times: int = 20) -> float:
    """Return the CPU seconds of decoding an image and putting its file into the bucket once."""
    bucket, began = blocking.bucket(site.environment), time.process_time()
    for number in range(times):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
        bucket.put_object(Bucket=site.name, Key=f"bench/{number}.png", Body=data)
    return (time.process_time() - began) / times


def _newest_image(site: BenchSite, people: list[dict[str, str]], *, width: int) -> bytes:
    """Return the file of an image of these people, of this width."""
    for account in people:
        headers = {"Authorization": f"Bearer {account['token']}"}
        reply = requests.get(f"{site.url}/api/v1/images/?limit=100", headers=headers, timeout=60)
        for image in reply.json()["results"]:
            if image["width"] == width:
                return requests.get(image["url"], timeout=60).content
    raise CannotMeasure("there is no such image")
