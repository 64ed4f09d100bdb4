"""How often the jobs of a day ended when it was promised, as rows and as a Markdown table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import le, truediv
from statistics import fmean, median

from deploy.simulated_day.day import SimulatedJob
from generation.models import Job

MIN_INSIDE, MAX_INSIDE = 0.85, 0.97
MIN_BEFORE, MAX_BEFORE = 0.40, 0.60


@dataclass(frozen=True)
class DayRow:
    """The jobs of a model, or of the whole day; shares from 0 to 1."""

    name: str
    jobs: int
    cold: int
    inside_p90: float
    before_p50: float
    later_inside_p90: float
    later_before_p50: float
    wait: float  # median, seconds
    longest_wait: float
    width: float  # median of p90 / p50

    @property
    def ok(self) -> bool:
        """Whether the promises were kept as often as they say."""
        return (
            MIN_INSIDE <= self.inside_p90 <= MAX_INSIDE
            and MIN_BEFORE <= self.before_p50 <= MAX_BEFORE
        )


def rows_of(day: Iterable[SimulatedJob]) -> list[DayRow]:
    jobs = [job for job in day if job.ended is not None and job.row.promised_p90_at]
    names = dict.fromkeys(job.row.model.slug for job in jobs)
    rows = [_row(name, [job for job in jobs if job.row.model.slug == name]) for name in names]
    return [*sorted(rows, key=lambda row: -row.jobs), _row("all", jobs)]


def _row(name: str, jobs: Sequence[SimulatedJob]) -> DayRow:
    rows = [job.row for job in jobs]
    waits = [_seconds(row, row.finished_at) for row in rows]
    p50 = [_seconds(row, row.promised_p50_at) for row in rows]
    p90 = [_seconds(row, row.promised_p90_at) for row in rows]
    later = [(job.ended or 0.0, *job.later) for job in jobs if job.later]
    return DayRow(
        name=name,
        jobs=len(jobs),
        cold=sum(job.was_cold for job in jobs),
        inside_p90=fmean(map(le, waits, p90)),
        before_p50=fmean(map(le, waits, p50)),
        later_inside_p90=fmean(ended <= last for ended, _first, last in later),
        later_before_p50=fmean(ended <= first for ended, first, _last in later),
        wait=median(waits),
        longest_wait=max(waits),
        width=median(map(truediv, p90, p50)),
    )


def _seconds(row: Job, moment: datetime | None) -> float:
    return (moment - row.created_at).total_seconds() if moment else 0.0


def markdown(days: Sequence[tuple[str, Sequence[DayRow]]]) -> str:
    lines = [
        "| seed | model | jobs | placed cold | inside p90 | before p50 | p90 ÷ p50 | "
        "later: inside p90 | before p50 | wait, median | longest |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for seed, rows in days:
        for row in rows:
            name = f"`{row.name}`" if row.name != "all" else "all"
            mark = "" if row.ok else " ✗"
            lines.append(
                f"| {seed} | {name} | {row.jobs} | {row.cold} | {row.inside_p90:.0%}{mark} | "
                f"{row.before_p50:.0%} | {row.width:.1f} | {row.later_inside_p90:.0%} | "
                f"{row.later_before_p50:.0%} | {row.wait:.0f} s | {row.longest_wait:.0f} s |"
            )
    return "\n".join(lines)
