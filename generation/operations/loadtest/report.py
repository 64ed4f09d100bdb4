"""Results of a load test: Markdown, JSON, and a section of a document."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from artgen import connection_budget
from artgen.observability import resources
from generation.operations.loadtest.crowd import Plan, StageResult

HEAD = [
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
]
LIMITS = {
    "api_p95": 200.0,
    "error_rate": 1.0,
    "database_connections": 80.0,
    "celery_queue": 10.0,
    "cpu_and_memory": 80.0,
}


def as_json(stage: StageResult) -> dict[str, Any]:
    """Return the results of one stage; `limits` has the five figures of the monitor."""
    notes, steps = stage.notes, stage.notes.table()
    every = steps.pop("")
    count, errors = int(every["count"]), notes.errors.total()
    percent = 100 * errors / count if count else 0.0
    waits = sorted(notes.waits)
    machine = None if stage.processor is None else 100 * max(stage.processor, stage.memory or 0.0)
    values = {
        "api_p95": every["p95"],
        "error_rate": round(percent, 2),
        "database_connections": _value(stage, "database_connections"),
        "celery_queue": _value(stage, "celery_queue"),
        "cpu_and_memory": None if machine is None else round(machine),
    }
    limits = {
        name: {
            "value": value,
            "limit": (limit := stage.figures.get(name, {}).get("limit", LIMITS[name])),
            "ok": value is None or value < limit,
        }
        for name, value in values.items()
    }
    return {
        "users": stage.users,
        "seconds": round(stage.seconds, 1),
        "requests": count,
        "per_second": round(count / stage.seconds, 1),
        **{name: every[name] for name in ("p50", "p95", "p99")},
        "errors": dict(notes.errors.most_common()),
        "error_percent": round(percent, 2),
        "images": {"placed": notes.placed, "finished": notes.finished, "failed": notes.failed},
        "wait_seconds": {f"p{share}": _at(waits, share) for share in (50, 95, 99)},
        "cpu_percent": None if stage.processor is None else round(100 * stage.processor),
        "memory_percent": None if stage.memory is None else round(100 * stage.memory),
        "generator_cores": round(stage.own_processor, 3),
        "steps": steps,
        "limits": limits,
        "ok": all(limit["ok"] for limit in limits.values()) and notes.placed == notes.finished,
    }


def conditions(plan: Plan) -> dict[str, Any]:
    """Return machine, versions and behavior, the context of the numbers."""
    memory = resources.memory()
    return {
        "machine": {
            "cores": connection_budget.cores(),
            "memory_gib": round(memory.total / 2**30, 1) if memory else None,
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {"artgen": settings.VERSION, "python": platform.python_version()},
        "habits": {
            "think_seconds": list(plan.habits.think),
            "sign_in_share": plan.habits.sign_in,
            "api_share": plan.habits.api,
            "cards": plan.habits.cards,
        },
    }


def markdown(document: dict[str, Any]) -> str:
    """Return a table of stages and one of the largest stage's steps; exceeded limits are bold."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(_cells(stage))} |" for stage in document["stages"]]
    last = document["stages"][-1]
    lines += [
        "",
        f"Steps with {last['users']} users, milliseconds:",
        "",
        "| step | count | p50 | p95 | p99 |",
    ]
    lines += ["|---|---|---|---|---|"]
    lines += [
        f"| {kind} | {step['count']} | {step['p50']:g} | {step['p95']:g} | {step['p99']:g} |"
        for kind, step in last["steps"].items()
    ]
    for stage in document["stages"]:
        if stage["errors"]:
            errors = ", ".join(f"{what} ({count})" for what, count in stage["errors"].items())
            lines += ["", f"Errors with {stage['users']} users: {errors}."]
    return "\n".join([*lines, "", _description(document)])


def save(document: dict[str, Any], folder: Path) -> list[Path]:
    """Write loadtest.md and loadtest.json into the folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "loadtest.md", folder / "loadtest.json"]
    files[0].write_text(markdown(document) + "\n", encoding="utf-8")
    files[1].write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return files


def _cells(stage: dict[str, Any]) -> Sequence[str]:
    limits, images, waits = stage["limits"], stage["images"], stage["wait_seconds"]
    lost = images["placed"] != images["finished"]
    machine = (
        "-"
        if stage["cpu_percent"] is None
        else f"{stage['cpu_percent']} · {stage['memory_percent']} %"
    )
    return (
        str(stage["users"]),
        f"{stage['per_second']:g}",
        f"{stage['p50']:.0f} ms",
        _marked(f"{stage['p95']:.0f} ms", limits["api_p95"]),
        f"{stage['p99']:.0f} ms",
        _marked(f"{stage['error_percent']:g} %", limits["error_rate"]),
        _bold(f"{images['placed']} · {images['finished']}", lost),
        f"{waits['p50']:g} · {waits['p95']:g} s",
        _marked(_shown(limits["database_connections"]["value"]), limits["database_connections"]),
        _marked(_shown(limits["celery_queue"]["value"]), limits["celery_queue"]),
        _marked(machine, limits["cpu_and_memory"]),
        f"{stage['generator_cores']:.2f} cores",
        "yes" if stage["ok"] else "**no**",
    )


def _description(document: dict[str, Any]) -> str:
    conditions, limits = document["conditions"], document["stages"][0]["limits"]
    machine, habits = conditions["machine"], conditions["habits"]
    bounds = " · ".join(f"{name} < {limit['limit']:g}" for name, limit in limits.items())
    least, most = habits["think_seconds"]
    seconds = document["stages"][0]["seconds"]
    return (
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, Python "
        f"{conditions['versions']['python']}, {document['at']}. {seconds:g} s per stage after all "
        f"users have started; {least:g} to {most:g} s between steps. Limits of `monitor`: "
        f"{bounds}; exceeded limits are bold. p50 to p99 are of all requests; connections and "
        f"queue are the highest values of `monitor`; CPU is that of the whole machine, including "
        f"the generator."
    )


def _value(stage: StageResult, name: str) -> Any:
    return stage.figures.get(name, {}).get("value")


def _at(ordered: list[float], percent: int) -> float:
    return (
        round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1) if ordered else 0.0
    )


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _marked(text: str, limit: dict[str, Any]) -> str:
    return _bold(text, not limit["ok"])


def _bold(text: str, is_bold: bool) -> str:
    return f"**{text}**" if is_bold else text
