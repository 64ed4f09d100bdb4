"""Compute the cores that more people need, by simulation with measured costs.

    python -m deploy.bench.plan BENCH.json LOADTEST.json [DOCUMENT]

Each part is a queue in front of some cores. Requests and jobs arrive at random (Poisson) at the
rate of that many people, and each takes the CPU that the rows have measured. A part gets the fewest
cores with which it is busy at most BUSY_MAX of the time and 95 % of its work waits less than
WAIT_MAX.
"""

import heapq
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.operations.loadtest.sections import put_into

PEOPLE = 10_000
BUSY_MAX = 0.7
WAIT_MAX = 0.02  # seconds
SIMULATED_SECONDS = 60
COMMAND = "python -m deploy.bench.plan"
PAGES = {
    "create": "create",
    "gallery": "gallery",
    "search": "gallery",
    "image": "gallery",
    "place": "post",
}
PAGES |= {"api place": "post", "api images": "list_images", "api job": "list_jobs"}
OTHER = "list_jobs"  # stands for steps that no row measures: quotes, cards, signing in


@dataclass(frozen=True)
class Part:
    """One kind of process: how often it works, for how many CPU seconds."""

    name: str
    per_second: float
    seconds: float

    @property
    def busy(self) -> float:
        """Cores that it keeps busy."""
        return self.per_second * self.seconds


def parts_of(bench: dict[str, Any], loadtest: dict[str, Any], *, people: int) -> list[Part]:
    """Return the parts with the load of that many people; raise KeyError for a missing row."""
    rows = {row["row"]: row["data"] for row in bench["rows"] if not row["failed"]}
    stage = next((one for one in reversed(loadtest["stages"]) if one["ok"]), loadtest["stages"][0])
    each = people / stage["users"] / stage["seconds"]
    steps = {kind: step["count"] * each for kind, step in stage["steps"].items()}
    pages = {kind: rate for kind, rate in steps.items() if kind != "socket"}
    jobs = stage["images"]["placed"] * each
    job = rows["cpu"]["parts"]
    requests = sum(pages.values())

    def mean(which: str) -> float:
        return (
            sum(rate * rows[PAGES.get(kind, OTHER)][which] for kind, rate in pages.items())
            / requests
        )

    drive = sum(
        used
        for name, used in job.items()
        if name not in ("web", "sockets", "nginx", "PostgreSQL", "Redis")
    )
    drive -= rows["cpu"]["image_work"]
    placing = rows["post"]["PostgreSQL"]
    statements = requests * mean("PostgreSQL") + jobs * max(0.0, job["PostgreSQL"] - placing)
    return [
        Part("web, a request", requests, mean("web")),
        Part("sockets, a job's events", jobs, job["sockets"]),
        Part("drive, a job", jobs, max(drive, 0.0)),
        Part("store, an image of 1024²", jobs, rows["store"]["store"]),
        Part("PostgreSQL, a request or job", requests + jobs, statements / (requests + jobs)),
        Part("Redis, a job", jobs, job["Redis"]),
    ]


def cores_for(part: Part) -> tuple[int, float]:
    """Return the fewest cores that carry it, and its p95 of waiting with them in seconds."""
    cores = max(1, int(part.busy / BUSY_MAX))
    while part.busy / cores > BUSY_MAX or _p95_of_waiting(part, cores) > WAIT_MAX:
        cores += 1
    return cores, _p95_of_waiting(part, cores)


def _p95_of_waiting(part: Part, cores: int) -> float:
    draw = random.Random(cores)  # noqa: S311 repeatable, not secret
    free, now, waits = [0.0] * cores, 0.0, []
    while part.per_second and now < SIMULATED_SECONDS:
        now += draw.expovariate(part.per_second)
        begin = max(now, heapq.heappop(free))
        waits.append(begin - now)
        heapq.heappush(free, begin + draw.expovariate(1 / part.seconds) if part.seconds else begin)
    return sorted(waits)[int(0.95 * len(waits))] if waits else 0.0


def markdown(bench: dict[str, Any], loadtest: dict[str, Any]) -> str:
    """Return the table, and the part that is the first bottleneck on the measured machine."""
    parts = parts_of(bench, loadtest, people=PEOPLE)
    lines = [
        "| part | a second | CPU each | cores busy | "
        f"cores for {PEOPLE:,} people | p95 of waiting |"
    ]
    lines += ["|---|---|---|---|---|---|"]
    total = 0
    for part in parts:
        cores, wait = cores_for(part)
        total += cores
        lines.append(
            f"| {part.name} | {part.per_second:.0f} | {1000 * part.seconds:.1f} ms "
            f"| {part.busy:.1f} | {cores} | {1000 * wait:.0f} ms |"
        )
    largest = max(parts, key=lambda part: part.busy)
    one = PEOPLE * BUSY_MAX / sum(part.busy for part in parts)
    return "\n".join(
        [
            *lines,
            "",
            f"{total} cores together. One core, all parts on it and {BUSY_MAX:.0%} busy, carries "
            f"{one:.0f} people; most of it goes to {largest.name.partition(',')[0]}, which is the "
            f"next limit. Costs of {bench['at']}, commit {bench['commit']}; "
            f"rates of {loadtest['at']}.",
        ]
    )


def main(bench: str, loadtest: str, document: str = "") -> None:
    """Print the table and write it into the document."""
    table = markdown(
        *(json.loads(Path(path).read_text(encoding="utf-8")) for path in (bench, loadtest))
    )
    print(table)
    if document:
        put_into(Path(document), name="plan", command=COMMAND, text=table)


if __name__ == "__main__":
    main(*sys.argv[1:])
