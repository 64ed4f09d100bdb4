"""The table of a run as Markdown and JSON, with a column for each seed."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.bench import report as bench
from deploy.bench.sections import put_into
from deploy.chaos.evidence import Evidence
from deploy.chaos.form import Form
from deploy.chaos.plan import DISTURBANCES, RUNPOD, SECOND

COMMAND = "make chaos"
MAX_EXAMPLES = 20


@dataclass(frozen=True)
class RunOutcome:
    form: Form
    seed: int
    seconds: float
    disturbed: Counter[str]
    problems: list[str]
    findings: dict[str, list[str]]
    evidence: Evidence

    @property
    def failed(self) -> bool:
        """Whether a promise was broken or a fault could not be carried out."""
        return bool(self.problems or any(self.findings.values()))

    @property
    def missing(self) -> list[str]:
        """The kinds of faults that have not happened."""
        known = dict.fromkeys(
            f"{call}: {fault}"
            for table in (RUNPOD, SECOND)
            for call, faults in table.items()
            for fault in faults
        )
        happened = {
            f"{call}: {fault}" for call, faults in self.evidence.faults.items() for fault in faults
        }
        return [
            *(name for name in DISTURBANCES if not self.disturbed[name]),
            *(name for name in known if name not in happened),
        ]


def document(outcome: RunOutcome) -> dict[str, Any]:
    """Return the JSON of a run: the lines of the table, and what they are made of."""
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": bench.output_of("git", "rev-parse", "--short", "HEAD"),
        "form": outcome.form.name,
        "seed": outcome.seed,
        "settings": outcome.form.environment,
        "lines": dict(_lines(outcome)),
        "disturbances": dict(outcome.disturbed),
        "runpod_faults": outcome.evidence.faults,
        "not_happened": outcome.missing,
        "problems": outcome.problems,
        "findings": {name: examples[:MAX_EXAMPLES] for name, examples in outcome.findings.items()},
    }


def _lines(outcome: RunOutcome) -> list[tuple[str, str]]:
    evidence = outcome.evidence
    jobs = evidence.jobs.values()
    ends = Counter(job["status"] for job in jobs)
    codes = Counter(job["error_code"] for job in jobs if job["status"] == "failed")
    failed = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
    of_providers = sum(sum(counts.values()) for counts in evidence.faults.values())
    unknown, adopted, resubmitted = _unknown(evidence)
    return [
        ("jobs · users", f"{len(evidence.jobs)} · {len(evidence.users)}"),
        ("… succeeded · canceled", f"{ends['succeeded']} · {ends['canceled']}"),
        ("… failed (why)", f"{ends['failed']} ({failed})" if failed else str(ends["failed"])),
        ("faults of the site · of providers", f"{outcome.disturbed.total()} · {of_providers}"),
        (
            "submissions of unknown fate · adopted by webhook · submitted again",
            f"{unknown} · {adopted} · {resubmitted}",
        ),
        *((f"**{name}**", f"**{len(findings)}**") for name, findings in outcome.findings.items()),
        ("duration", f"{outcome.seconds / 60:.1f} min"),
    ]


def _unknown(evidence: Evidence) -> tuple[int, int, int]:
    """Count the attempts whose fate was unknown, those adopted, and those submitted again.

    A worker that is killed during its POST leaves no other trace than the missing outcome.
    """
    outcomes: dict[tuple[Any, int], list[str]] = {}
    again = 0
    for event in evidence.events:
        outcomes.setdefault((event["job_id"], event["attempt"]), []).append(event["name"])
        again += event["name"] == "lost" and "no webhook" in event["detail"]
    unknown = adopted = 0
    for names in outcomes.values():
        if "submitting" in names:
            settled = {"submitted", "running", "deferred"} & set(names)
            unknown += not settled or "unknown" in names
            adopted += "adopted" in names
    return unknown, adopted, again


def save(outcome: RunOutcome, *, folder: Path, into: Path | None) -> str:
    """Write chaos-SEED.json, chaos.md, and the table into a document; return the table.

    Runs of other seeds with the same form and code, saved before, are further columns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = document(outcome)
    text = json.dumps(new, indent=2, default=str) + "\n"
    (folder / f"chaos-{outcome.form.name}-{outcome.seed}.json").write_text(text, encoding="utf-8")
    saved = [json.loads(file.read_text()) for file in folder.glob("chaos-*.json")]
    alike = [run for run in saved if (run["form"], run["commit"]) == (new["form"], new["commit"])]
    table = markdown(sorted(alike, key=lambda run: str(run["at"])))
    (folder / "chaos.md").write_text(table + "\n", encoding="utf-8")
    if into is not None:
        put_into(into, name="chaos", command=COMMAND, text=table)
    return table


def markdown(runs: list[dict[str, Any]]) -> str:
    head = [
        f"| | {' | '.join('seed ' + str(run['seed']) for run in runs)} |",
        "|---|" + "---:|" * len(runs),
    ]
    lines = [
        f"| {name} | {' | '.join(run['lines'].get(name, '') for run in runs)} |"
        for name in runs[0]["lines"]
    ]
    last = runs[-1]
    return "\n".join([*head, *lines, "", f"Commit {last['commit']}, {last['at']}."])
