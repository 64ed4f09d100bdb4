"""`loadtest`.

Simulated people at a running production stack; what it refuses; what it leaves behind.
"""

import io
import json
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.models import ApiToken, User
from artgen.testing.cases import load_catalog
from artgen.testing.stack import kept_stack
from generation.models import Image, Job
from generation.operations.loadtest import accounts, sections
from generation.operations.loadtest.measures import Notes, StepFailed, quantile

ROUND = ["--rounds=1", "--minutes=10", "--think=0.1,0.2", "--images=3"]


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.s3
@pytest.mark.nginx
@pytest.mark.xdist_group("stack")
def test_it_uses_a_site_as_people_do_and_tells_how_it_was(tmp_path: Path) -> None:
    stack = kept_stack()
    document = tmp_path / "PERFORMANCE.md"
    document.write_text("<!-- loadtest: old -->\n<!-- loadtest: end -->\n")
    printed = stack.command_that_may_fail(
        # The second is a script
        "loadtest", "--users=2,3", f"--url={stack.url}", "--api=0.5", "--sign-in=0.5", *ROUND,
        f"--output={tmp_path}", f"--into={document}",
    )  # fmt: skip
    saved = json.loads((tmp_path / "loadtest.json").read_text())
    assert [stage["users"] for stage in saved["stages"]] == [2, 3], printed
    for stage in saved["stages"]:
        assert stage["errors"] == {}, printed
        assert stage["images"] == {
            "placed": stage["users"],
            "finished": stage["users"],
            "failed": 0,
        }
        assert set(stage["limits"]) == {
            "api_p95", "error_rate", "database_connections", "celery_queue", "cpu_and_memory",
        }  # fmt: skip
        counts = {kind: step["count"] for kind, step in stage["steps"].items()}
        assert counts["socket"] == stage["users"]
        for step in ("create", "quote", "place", "card", "gallery", "search", "image"):
            assert counts[step] == stage["users"] - 1
        for step in ("api quote", "api place", "api job", "api images"):
            assert counts[step] == 1
        assert stage["generator_cores"] > 0
    assert "| users |" in document.read_text()
    left = "from accounts.models import User; print(User.objects.filter(email__endswith='@loadtest.invalid').count())"
    assert stack.command("shell", "--verbosity=0", "--command", left) == "0"


@pytest.mark.django_db
def test_it_makes_accounts_that_work_and_takes_all_of_it_away() -> None:
    load_catalog()
    made = accounts.make(count=2, images=3)
    user = User.objects.get(email=made[0].email)
    assert user.check_password(made[0].password)
    assert user.credits == accounts.CREDITS
    assert (Job.objects.of(user).count(), Image.objects.of(user).count()) == (3, 3)
    client = Client()
    client.cookies["sessionid"] = made[1].session
    assert client.get("/gallery/").status_code == 200
    token = {"Authorization": f"Bearer {made[1].token}"}
    assert len(Client(headers=token).get("/api/v1/images/").json()["results"]) == 3
    other = accounts.make(count=1, images=0)
    assert accounts.remove(made) == 2
    assert User.objects.get(email__endswith=accounts.DOMAIN, erased_at=None).email == other[0].email
    assert accounts.remove() == 1
    assert not User.objects.filter(email__endswith=accounts.DOMAIN, erased_at=None).exists()
    assert not Image.objects.exists()
    assert not ApiToken.objects.filter(revoked_at=None, user__is_active=True).exists()
    assert Client(headers=token).get("/api/v1/images/").status_code == 401
    assert accounts.remove() == 0


@pytest.mark.django_db
def test_it_hands_accounts_over_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    printed = io.StringIO()
    call_command(
        "loadtest", "--make-accounts=2", f"--accounts={file}", "--images=0", stdout=printed
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = accounts.read_file(file)
    assert [User.objects.filter(email=account.email).count() for account in found] == [1, 1]
    for account in found:
        for secret in (account.password, account.session, account.token):
            assert secret not in printed.getvalue() + repr(account)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--url=https://art.example.org"], "--yes-i-run-this-site"),
        (["--url=http://127.0.0.1.example.org"], "--yes-i-run-this-site"),
        (["--url=ftp://127.0.0.1"], "http"),
        (["--url=http://127.0.0.1:1", "--users=0"], "--users"),
        (["--url=http://127.0.0.1:1", "--users=many"], "--users"),
        (["--url=http://127.0.0.1:1", "--minutes=1000"], "--minutes"),
        (["--url=http://127.0.0.1:1", "--think=3,1"], "--think"),
        (["--url=http://127.0.0.1:1", "--accounts=/nowhere/file"], "/nowhere/file"),
        (["--make-accounts=3"], "--accounts"),
        (["--make-accounts=3", "--accounts=/nowhere/file"], "/nowhere/file"),
        (["--url=http://[::1"], "--url"),
        (["--url=http://127.0.0.1:99999"], "--url"),
    ],
)
def test_it_refuses_what_cannot_be_or_must_not_be(options: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("loadtest", *options)


def test_it_notes_steps_and_errors_only_while_a_stage_is_open() -> None:
    notes = Notes()
    with notes.step("create"):
        pass
    notes.open = True
    with notes.step("create"):
        pass
    with pytest.raises(StepFailed), notes.step("place"):
        raise StepFailed("status 503")
    assert notes.table()[""]["count"] == 2
    assert notes.table()["create"]["count"] == 1
    assert notes.errors == {"place: status 503": 1}
    assert [quantile([3, 1, 2], share) for share in (0, 0.5, 0.99)] == [1, 2, 3]
    assert quantile([], 0.5) == 0


def test_it_writes_only_between_its_markers(tmp_path: Path) -> None:
    file = tmp_path / "document.md"
    file.write_text("before\n<!-- loadtest: x -->\nold\n<!-- loadtest: end -->\nafter\n")
    sections.put_into(file, name="loadtest", command="make loadtest", text="new")
    sections.put_into(file, name="loadtest", command="make loadtest", text="newer")
    assert file.read_text() == (
        "before\n<!-- loadtest: written by `make loadtest` -->\n\nnewer\n\n<!-- loadtest: end -->\nafter\n"
    )
    with pytest.raises(ValueError, match="markers"):
        sections.put_into(file, name="bench", command="make bench", text="new")
