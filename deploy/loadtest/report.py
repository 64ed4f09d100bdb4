"""The tables of a load test as Markdown; exceeded limits are bold."""

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from artgen.environment import process_numbers
from artgen.observability import resources
from deploy.bench.report import output_of
from deploy.bench.result import quantile
from deploy.loadtest.crowd import StageResult
from generation.operations.alerts.conditions import CONDITIONS

HEAD = (
    "users",
    "requests/s",
    "p50",
    "p95",
    "p99",
    "errors",
    "images placed · finished",
    "wait p50 · p95",
    "connections",
    "queue",
    "CPU · memory",
    "generator",
    "within limits",
)
QUANTILES = (0.5, 0.95, 0.99)


def markdown(stages: Sequence[StageResult], *, think: tuple[float, float]) -> str:
    """Return a table of stages and one of the largest stage's steps."""
    last = stages[-1]
    lines = [_row(HEAD), "|---" * len(HEAD) + "|", *(_row(cells(stage)) for stage in stages)]
    lines += ["", f"Steps with {last.users} users, milliseconds:", ""]
    lines += ["| step | count | p50 | p95 | p99 |", "|---|---|---|---|---|"]
    for kind, seconds in sorted(last.notes.seconds.items()):
        times = [f"{1000 * quantile(seconds, share):.1f}" for share in QUANTILES]
        lines.append(_row([kind, str(len(seconds)), *times]))
    for stage in stages:
        if stage.notes.errors:
            errors = ", ".join(
                f"{what} ({count})" for what, count in stage.notes.errors.most_common()
            )
            lines += ["", f"Errors with {stage.users} users: {errors}."]
    memory = resources.memory()
    lines += [
        "",
        f"{process_numbers.cores()} cores, {memory.total / 2**30 if memory else 0:.1f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {last.seconds:.0f} s per stage after all users "
        f"have started; {think[0]:g} to {think[1]:g} s between steps. Limits are those of "
        "`monitor`; exceeded limits are bold. p50 to p99 are of all requests; connections and "
        "queue are the highest values of `monitor`; CPU is that of the whole machine, including "
        f"the generator. Commit {output_of('git', 'rev-parse', '--short', 'HEAD')}.",
    ]
    return "\n".join(lines)


def within_limits(stage: StageResult) -> bool:
    """Return whether no figure exceeds its limit and every image was finished."""
    return "**" not in "".join(cells(stage)[:-1])


def cells(stage: StageResult) -> list[str]:
    notes, figures = stage.notes, stage.figures
    times = [value for values in notes.seconds.values() for value in values] or [0.0]
    p50, p95, p99 = (1000 * quantile(times, share) for share in QUANTILES)
    percent = 100 * notes.errors.total() / len(times)
    waits = notes.waits or [0.0]
    machine = (100 * stage.processor, 100 * stage.memory)
    measured = [
        str(stage.users),
        f"{len(times) / stage.seconds:.1f}",
        f"{p50:.0f} ms",
        _bold(f"{p95:.0f} ms", p95 >= CONDITIONS["ApiSlow"].limit),
        f"{p99:.0f} ms",
        _bold(f"{percent:.2g} %", percent >= CONDITIONS["Errors"].limit),
        _bold(f"{notes.placed} · {notes.finished}", notes.placed != notes.finished),
        f"{quantile(waits, 0.5):.1f} · {quantile(waits, 0.95):.1f} s",
        *(
            _bold(f"{figures[name].value or 0:g}", not figures[name].ok)
            for name in ("database_connections", "celery_queue")
        ),
        _bold(
            f"{machine[0]:.0f} · {machine[1]:.0f} %", max(machine) >= CONDITIONS["Processor"].limit
        ),
        f"{stage.own_processor:.2f} cores",
    ]
    return [*measured, "**no**" if "**" in "".join(measured) else "yes"]


def _row(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def _bold(text: str, is_bold: bool) -> str:
    return f"**{text}**" if is_bold else text
