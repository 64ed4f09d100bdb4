"""Copy files into a folder and keep what else is there: `python deploy/publish.py SOURCE TARGET`.

So nginx also has the static files of the version before, for pages that were loaded before an
upgrade. Each file is replaced atomically.
"""

import filecmp
import os
import shutil
import sys
from pathlib import Path


def publish(source: Path, target: Path) -> None:
    """Copy the files that are missing in the target or differ from it."""
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
