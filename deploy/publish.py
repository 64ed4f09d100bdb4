"""`python deploy/publish.py SOURCE TARGET`: put the files of SOURCE into TARGET, and leave what else is there.

So nginx has the static files of the version before beside those of the next, for pages that were loaded a moment ago.
Each file appears whole or not at all.
"""

import filecmp
import os
import shutil
import sys
from pathlib import Path


def publish(source: Path, target: Path) -> None:
    """Copy what the target lacks or has otherwise."""
    for file in sorted(source.rglob("*")):
        goal = target / file.relative_to(source)
        if not file.is_file() or (goal.is_file() and filecmp.cmp(file, goal, shallow=False)):
            continue
        goal.parent.mkdir(parents=True, exist_ok=True)
        half = goal.with_name(f".{goal.name}.{os.getpid()}")
        shutil.copy2(file, half)
        half.replace(goal)


if __name__ == "__main__":
    publish(Path(sys.argv[1]), Path(sys.argv[2]))
