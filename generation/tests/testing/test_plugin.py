"""The pytest plugin of the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from generation.testing import tiers


@pytest.mark.parametrize(
    ("changed", "is_due"),
    [
        (["deploy/chaos/faults.py"], True),
        (["deploy/tests/test_chaos.py"], True),
        (["deploy/chaos.md", "README.md"], False),
        (["deploy/chaos/tests/test_faults.py"], False),
        ([], False),
    ],
)
def test_it_runs_a_test_of_the_release_whose_subject_has_changed(
    changed: list[str], is_due: bool
) -> None:
    subjects = ["deploy/chaos/", "deploy/tests/test_chaos.py"]
    assert tiers.concerns(subjects, changed) is is_due


HANGING = """
import subprocess

import pytest

@pytest.mark.limit(1)
def test_it_hangs():
    print("its output")
    subprocess.run(["sleep", "600"])

def test_it_is_next(): pass
"""


@pytest.mark.slow
def test_it_ends_a_test_that_hangs_and_says_where(tmp_path: Path) -> None:
    test = tmp_path / "test_hanging.py"
    test.write_text(HANGING)
    done = run(test, {})
    assert done.returncode == 1
    assert "test_it_hangs took more than 1 s." in done.stdout
    assert 'test_hanging.py", line 9 in test_it_hangs' in done.stdout
    assert "its output" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "crashed" not in done.stdout


def run(test: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the tests of a file in a worker of pytest-xdist."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "1", "-c", "pyproject.toml", str(test)],
        env={**os.environ, **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
