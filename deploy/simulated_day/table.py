"""How often the jobs of a day ended when it was promised, as rows and as a Markdown table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from deploy.simulated_day.day import START, SimulatedJob

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
    waits, early, kept, widths = [], 0, 0, []
    later_early = later_kept = later = 0
    for job in jobs:
        created = (job.row.created_at - START).total_seconds()
        wait = (job.ended or 0.0) - created
        p50, p90 = (
            (moment - job.row.created_at).total_seconds() if moment else 0.0
            for moment in (job.row.promised_p50_at, job.row.promised_p90_at)
        )
        waits.append(wait)
        early, kept = early + (wait <= p50), kept + (wait <= p90)
        widths.append(p90 / p50)
        if job.later:
            later += 1
            later_early += (job.ended or 0.0) <= job.later[0]
            later_kept += (job.ended or 0.0) <= job.later[1]
    return DayRow(
        name=name,
        jobs=len(jobs),
        cold=sum(job.was_cold for job in jobs),
        inside_p90=kept / len(jobs),
        before_p50=early / len(jobs),
        later_inside_p90=later_kept / max(1, later),
        later_before_p50=later_early / max(1, later),
        wait=median(waits),
        longest_wait=max(waits),
        width=median(widths),
    )


def markdown(days: Sequence[tuple[int, Sequence[DayRow]]]) -> str:
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
