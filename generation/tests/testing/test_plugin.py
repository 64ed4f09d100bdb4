"""The pytest plugin of the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from generation.testing.plugin import SLOW_FILES


def test_it_names_existing_files():
    assert [file for file in SLOW_FILES if not (settings.BASE_DIR / file).is_file()] == []


@pytest.mark.slow
def test_it_fails_where_ci_has_no_tool(tmp_path: Path) -> None:
    test = tmp_path / "test_tool.py"
    test.write_text("import pytest\n\n@pytest.mark.kubectl\ndef test_it(): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "1", "-c", "pyproject.toml", str(test)],
        env={**os.environ, "CI": "true", "PATH": str(tmp_path)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "test_it needs kubectl, which CI must have" in done.stdout
    assert "INTERNALERROR" not in done.stdout
