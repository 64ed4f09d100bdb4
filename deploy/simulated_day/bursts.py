"""Bursts of one person while nobody else is there, after idle time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from deploy.simulated_day.day import Day, SimulatedJob
from deploy.simulated_day.endpoints import DEMO, PLANS
from deploy.simulated_day.table import MAX_INSIDE, MIN_INSIDE
from generation.jobs import eta
from generation.jobs.eta import Eta
from generation.jobs.eta.eta_types import MAX_RATIO

COUNTS = (1, 4, 8)
SIZE = (1024, 1024)
LEARNING = 30  # bursts of each model that are not counted
IDLE = 600.0, 2400.0  # seconds between two bursts


@dataclass
class Burst:
    """An order with what the button said: seconds until its last image."""

    place: str
    count: int
    said: Eta
    placed: float
    jobs: list[SimulatedJob]


class Bursts(Day):
    """Bursts in all models of the day, and in one that is as the demo."""

    def __init__(self, *, seed: int, bursts: int) -> None:
        super().__init__(jobs=0, seed=seed, throttled_hour=None, hours=0, plans=(*PLANS, DEMO))
        self.number_of_bursts = bursts  # of each model
        self.bursts: list[Burst] = []

    def plan_orders(self) -> None:
        for number in self.models:
            self.at(self.random.uniform(*IDLE), partial(self._burst, number, 0))

    def _burst(self, number: int, done: int) -> None:
        if done == self.number_of_bursts:
            return
        forecast, now = self.forecast(number), self.moment()
        count = self.random.choice(COUNTS)
        jobs = self.place_order(number, count, self.users[0], SIZE)
        times = eta.of_order_jobs([job.row for job in jobs], forecast=forecast, now=now)
        said = eta.last_of([time for time in times if time])
        place = "demo" if self.plans[number - 1] is DEMO else "idle"
        if done >= LEARNING:
            self.bursts.append(Burst(place, count, said, self.now, jobs))
        self.after(self.random.uniform(*IDLE), partial(self._burst, number, done + 1))


@dataclass(frozen=True)
class BurstRow:
    """Bursts of one size; shares from 0 to 1."""

    place: str
    count: int
    bursts: int
    inside_p90: float  # of the bursts: its last image, by what the button said
    before_p50: float
    jobs_inside_p90: float  # by what was promised to each image
    wait: float  # median, seconds
    width: float  # median of p90 / p50, as the button said them
    widest: float

    @property
    def ok(self) -> bool:
        return MIN_INSIDE <= self.inside_p90 <= MAX_INSIDE and self.widest <= MAX_RATIO


def rows_of(bursts: Iterable[Burst]) -> list[BurstRow]:
    groups: dict[tuple[str, int], list[Burst]] = {}
    for burst in bursts:
        groups.setdefault((burst.place, burst.count), []).append(burst)
    return [_row(place, count, groups[place, count]) for place, count in sorted(groups)]


def _row(place: str, count: int, bursts: Sequence[Burst]) -> BurstRow:
    waits = [max(job.ended or 0.0 for job in burst.jobs) - burst.placed for burst in bursts]
    said = [burst.said for burst in bursts]
    widths = [one.p90 / one.p50 for one in said]
    kept = [
        job.row.finished_at <= job.row.promised_p90_at
        for burst in bursts
        for job in burst.jobs
        if job.row.finished_at and job.row.promised_p90_at
    ]
    return BurstRow(
        place=place,
        count=count,
        bursts=len(bursts),
        inside_p90=sum(wait <= one.p90 for wait, one in zip(waits, said, strict=True)) / len(said),
        before_p50=sum(wait <= one.p50 for wait, one in zip(waits, said, strict=True)) / len(said),
        jobs_inside_p90=sum(kept) / len(kept),
        wait=median(waits),
        width=median(widths),
        widest=max(widths),
    )


def markdown(rows: Sequence[BurstRow]) -> str:
    lines = [
        "| burst | images | bursts | inside p90 | before p50 | each image: inside p90 | "
        "p90 ÷ p50 | widest | wait, median |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.place} | {row.count} | {row.bursts} | {row.inside_p90:.0%}"
        f"{'' if row.ok else ' ✗'} | {row.before_p50:.0%} | {row.jobs_inside_p90:.0%} | "
        f"{row.width:.1f} | {row.widest:.1f} | {row.wait:.0f} s |"
        for row in rows
    ]
    return "\n".join(lines)
