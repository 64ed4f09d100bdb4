"""`make bench` with the smallest sizes: it writes the table."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.release("deploy/bench/", "generation/demo/")

SIZES = "times=1 requests=8 feed_images=3 finished_rows=2000"
DOCUMENT = "# Performance\n\n<!-- bench: old -->\nold\n<!-- bench: end -->\n\nwords\n"
needs_servers = [
    pytest.mark.limit(600),
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("bench"),
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.bench", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )


class TestBench:
    pytestmark = needs_servers

    def test_it_measures_and_saves_the_table(self, tmp_path: Path) -> None:
        document = tmp_path / "PERFORMANCE.md"
        document.write_text(DOCUMENT)
        done = run(
            "--rows=post gallery", f"--size={SIZES}", f"--output={tmp_path}", f"--into={document}"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        saved = json.loads((tmp_path / "bench.json").read_text())
        assert [line["row"] for line in saved["rows"]] == ["post", "gallery"]
        for line in saved["rows"]:
            assert line["data"]["cpu"] > 0
        assert saved["versions"]["PostgreSQL"]
        assert "2,000 finished jobs" in document.read_text()
        assert (tmp_path / "bench.md").read_text().strip() in document.read_text()
        assert "old" not in document.read_text()
        assert document.read_text().endswith("words\n")
