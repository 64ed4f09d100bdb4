"""`make loadtest`: simulated people at a running production stack."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from generation.testing.servers.stack import kept_stack

pytestmark = pytest.mark.release("deploy/bench/", "deploy/loadtest/")

STEPS = (
    *("create", "models", "quote", "place", "gallery", "search", "image", "socket"),
    *("api models", "api quote", "api place", "api job", "api images"),
)


@pytest.mark.s3
@pytest.mark.nginx
@pytest.mark.xdist_group("stack")
def test_it_uses_a_site_as_people_do_and_tells_how_it_was(tmp_path: Path) -> None:
    stack = kept_stack()
    document = tmp_path / "PERFORMANCE.md"
    document.write_text("<!-- loadtest: old -->\n<!-- loadtest: end -->\n")
    command = [sys.executable, "-m", "deploy.loadtest", f"--url={stack.url}", "--users=3"]
    command += ["--minutes=0.4", "--think=0.1,0.2", f"--output={tmp_path}", f"--into={document}"]
    printed = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,  # the machine may be busy
    ).stdout
    table = (tmp_path / "loadtest.md").read_text()
    assert table in document.read_text()
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| 3 |")]
    assert len(rows) == 1, printed
    for row in rows:
        placed, finished = row[6].split(" · ")
        assert int(placed) == int(finished) > 1, printed
        assert row[5] == "0 %", printed
    assert "Errors" not in table
    for step in STEPS:
        assert f"| {step} | " in table, printed
