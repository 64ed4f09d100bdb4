"""The table as Markdown and JSON, and as a section of PERFORMANCE.md between its markers."""

import json
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from artgen.environment import process_numbers
from artgen.observability import resources
from deploy import servers
from deploy.bench.result import ResultLine
from deploy.bench.rows import ALL
from deploy.bench.sections import put_into
from deploy.bench.settings import Sizes

HEAD = (
    "| row | figure | value | floor | ratio | budget | how | commit |\n"
    "|---|---|---|---|---|---|---|---|"
)
COMMAND = "make bench"


def conditions(sizes: Sizes) -> dict[str, Any]:
    memory = resources.memory()
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": output_of("git", "rev-parse", "--short", "HEAD"),
        "machine": (
            f"{process_numbers.cores()} cores ({_processor()}), {memory.total / 2**30:.0f} GiB"
            if memory
            else ""
        ),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {
            "Python": platform.python_version(),
            "Django": django.get_version(),
            "Celery": version("celery"),
            "PostgreSQL": output_of(
                f"{servers.postgres_programs(own=True)}/postgres", "--version"
            ).split(" ")[2],
            "Valkey": output_of(servers.valkey()[0], "--version").partition("v=")[2].split(" ")[0],
            "nginx": output_of("nginx", "-v").rpartition("/")[2],
        },
        "sizes": asdict(sizes),
    }


def save(
    lines: list[tuple[str, ResultLine]], facts: dict[str, Any], *, folder: Path, into: Path | None
) -> str:
    """Write bench.md and bench.json, and the table into the document; returns the table.

    Rows of an earlier run with the same sizes stay, unless they were measured again.
    """
    origin = {"commit": facts["commit"], "at": facts["at"]}
    new = [{"row": name, **line.as_json(), **origin} for name, line in lines]
    rows = _with_earlier(new, facts, folder / "bench.json")
    table = "\n".join([HEAD, *(_row(row) for row in rows), "", _about(facts)])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(table + "\n", encoding="utf-8")
    document = {**facts, "rows": rows}
    (folder / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if into is not None:
        put_into(into, name="bench", command=COMMAND, text=table)
    return table


def _with_earlier(
    new: list[dict[str, Any]], facts: dict[str, Any], file: Path
) -> list[dict[str, Any]]:
    """Return the new rows and those of the file that they do not replace, in the rows' order."""
    measured = {row["row"] for row in new}
    try:
        earlier = json.loads(file.read_text(encoding="utf-8"))
        if earlier["sizes"] == facts["sizes"]:
            new = [row for row in earlier["rows"] if row["row"] not in measured] + new
    except (OSError, ValueError, KeyError):
        pass  # none, or from a version with other rows
    order = list(ALL)
    return sorted(new, key=lambda row: order.index(row["row"]) if row["row"] in ALL else len(order))


def _row(row: dict[str, Any]) -> str:
    ratio = ""
    if row["ratio"] is not None:
        ratio = f"{row['ratio']:.2f}×" if row["ratio"] < 10 else f"{row['ratio']:.0f}×"
    names = ("row", "figure", "value", "floor", "", "budget", "detail", "commit")
    cells = (str(row.get(name, "")) if name else ratio for name in names)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _about(facts: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return (
        f"{facts['machine']}, {facts['system']}; {versions}; last rows "
        f"{facts['at']}. Median of {facts['sizes']['times']}. PostgreSQL with its own "
        f"defaults, {facts['sizes']['finished_rows']:,} finished jobs with their images. "
        "Load generator and servers share the machine."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def output_of(*command: str) -> str:
    """Return the output of a program, "" if it is not installed."""
    try:
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return (done.stdout or done.stderr).strip()
