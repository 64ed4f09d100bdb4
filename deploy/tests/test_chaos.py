"""`make chaos`: the short form finds nothing, and what it looks for is found where it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from deploy.chaos.verdict import FINDINGS

pytestmark = pytest.mark.release(
    "deploy/chaos/",
    "deploy/servers.py",
    "generation/jobs/engine/",
    "generation/jobs/queue/",
    "generation/tasks.py",
    "artgen/processes/",
    "artgen/database/",
    "artgen/redis/",
)

WITHOUT_GUARD = settings.BASE_DIR / "generation" / "testing" / "servers" / "without_guard"
DOCUMENT = "# ArtGen\n\n<!-- chaos: by hand -->\nearlier\n<!-- chaos: end -->\n\nwords\n"
needs_servers = [
    pytest.mark.limit(600),
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.faketime,
    pytest.mark.xdist_group("chaos"),
]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.chaos", "--form=short", *arguments]
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestRun:
    pytestmark = needs_servers

    def test_it_loses_doubles_and_misdelivers_nothing(self, tmp_path: Path) -> None:
        document = tmp_path / "README.md"
        document.write_text(DOCUMENT)
        done = run("--seed=3", f"--output={tmp_path}", f"--into={document}")
        assert done.returncode == 0, done.stdout + done.stderr
        saved = json.loads((tmp_path / "chaos-short-3.json").read_text())
        assert saved["findings"] == {name: [] for name in FINDINGS}
        assert saved["not_happened"] == []
        assert (tmp_path / "chaos.md").read_text().strip() in document.read_text()
        assert "earlier" not in document.read_text()
        assert document.read_text().endswith("words\n")

    def test_it_finds_jobs_that_run_twice_without_the_guard(self, tmp_path: Path) -> None:
        arguments = (f"--output={tmp_path}", "--faults", "run", "--jobs=24", "--window=8")
        doubled: list[str] = []
        for seed in range(1, 7):  # in one run the fault may meet no call
            done = run(f"--seed={seed}", *arguments, PYTHONPATH=str(WITHOUT_GUARD))
            saved = json.loads((tmp_path / f"chaos-short-{seed}.json").read_text())
            doubled += saved["findings"]["doubled"]
            if any("RunPod accepted it 2 times" in line for line in doubled):
                assert done.returncode == 1, done.stdout + done.stderr
                return
        raise AssertionError(doubled)
