"""Which tests run when: those of each commit, and those that are due before a release.

`@pytest.mark.release("deploy/chaos/", …)` names what a test is about. It runs in `make test-all`,
and in CI if a file below one of these paths has changed since the commit in `.ci/proved`, the
newest at which CI or `make test-all` has passed.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROVED = ROOT / ".ci" / "proved"
CHOICES = ("none", "changed", "all")
ASIDE = re.compile("(^|/)(tests|testing|locale|static|jinja2|templates)/")
"""Folders in a subject that do not change what a test of it proves, unless it names them."""
KINDS = ("release", "xdist_group", "browser", "nginx", "s3", "slow")


def due(choice: str) -> Callable[[pytest.Item], bool]:
    """Return the function that says whether a test is to run with `--release=choice`."""
    changed = changed_paths() if choice == "changed" else []

    def is_due(item: pytest.Item) -> bool:
        about = [str(path) for mark in item.iter_markers("release") for path in mark.args]
        if absent := [path for path in about if not (ROOT / path).exists()]:
            raise pytest.UsageError(f"{item.nodeid} is about {absent}, which do not exist")
        if not about or choice == "all" or changed is None:
            return True
        return concerns([*about, item.nodeid.partition("::")[0]], changed)

    return is_due


def concerns(subjects: list[str], changed: list[str]) -> bool:
    """Return whether one of the changed files is one of the subjects or below one."""
    return any(
        path.startswith(subject) and not ASIDE.search(path.removeprefix(subject))
        for path in changed
        for subject in subjects
    )


def changed_paths() -> list[str] | None:
    """Return the files that differ from the commit in `.ci/proved`, None if git cannot say."""
    command = ["git", "diff", "--name-only", "--no-renames", PROVED.read_text().strip()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.splitlines()


def times(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield a line for each kind of test: seconds in its tests, their number, and their name."""
    seconds: Counter[str] = Counter()
    tests: dict[str, set[str]] = {}
    for report in reports:
        kind = next((name for name in KINDS if name in report.keywords), "fast")
        seconds[kind] += report.duration
        tests.setdefault(kind, set()).add(report.nodeid)
    for kind, total in seconds.most_common():
        yield f"{total:7.0f} s in {len(tests[kind]):5} tests: {kind}"
