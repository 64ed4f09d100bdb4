"""`make loadtest`: simulated people at a running production stack."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from deploy.bench.sections import put_into
from deploy.loadtest import accounts
from deploy.loadtest.measures import Notes, StepFailed
from generation.models import Image, Job
from generation.testing.cases import load_catalog
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


@pytest.mark.django_db
def test_it_makes_accounts_that_work() -> None:
    load_catalog()
    made = accounts.make(2, images=3)
    user = User.objects.get(email=made[0]["email"])
    assert user.check_password(made[0]["password"])
    assert user.credits == accounts.CREDITS
    assert (Job.objects.of(user).count(), Image.objects.of(user).count()) == (3, 3)
    client = Client()
    client.cookies["sessionid"] = made[1]["session"]
    assert client.get("/gallery/").status_code == 200
    token = {"Authorization": f"Bearer {made[1]['token']}"}
    assert len(Client(headers=token).get("/api/v1/images/").json()["results"]) == 3


def test_it_notes_steps_and_errors_only_while_a_stage_is_open() -> None:
    notes = Notes()
    with notes.step("create"):
        pass
    notes.open = True
    with notes.step("create"):
        pass
    with pytest.raises(StepFailed), notes.step("place"):
        raise StepFailed("status 503")
    assert {kind: len(seconds) for kind, seconds in notes.seconds.items()} == {
        "create": 1,
        "place": 1,
    }
    assert notes.errors == {"place: status 503": 1}


def test_it_writes_only_between_its_markers(tmp_path: Path) -> None:
    file = tmp_path / "document.md"
    file.write_text("before\n<!-- loadtest: x -->\nold\n<!-- loadtest: end -->\nafter\n")
    put_into(file, name="loadtest", command="make loadtest", text="new")
    put_into(file, name="loadtest", command="make loadtest", text="newer")
    assert file.read_text() == (
        "before\n<!-- loadtest: written by `make loadtest` -->\n\nnewer\n\n<!-- loadtest: end -->\nafter\n"
    )
    with pytest.raises(ValueError, match="markers"):
        put_into(file, name="bench", command="make bench", text="new")
