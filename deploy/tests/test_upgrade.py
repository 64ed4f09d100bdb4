"""`deploy/upgrade.sh` under load: no failed request, no lost job, roll-back of a broken version.

The containers are plain processes here (generation.testing.servers.docker): those of the old version, and beside
them those of a copy of this code with changes and a new migration.
"""

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import requests
from django.conf import settings
from websockets.exceptions import ConnectionClosed

from generation.testing.servers.stack import FINAL, MACHINE, PATIENCE, ComposeStack, Stack

pytestmark = [
    pytest.mark.release(
        "deploy/upgrade.sh",
        "deploy/handover.sh",
        "docker-compose.yml",
        "deploy/stack.py",
        "artgen/processes/",
        "artgen/management/",
        "nginx/",
        "accounts/migrations/",
        "generation/migrations/",
    ),
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("upgrade"),
    pytest.mark.limit(600),
]

SOCKETS = 4
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "{before}")]
    operations = [
        migrations.CreateModel("Novelty", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""


CHANGES = """# What is new

## Unreleased

### Operating

- not shown

### Upgrading

- Sign in again.

## {version}

### Upgrading

- not shown: of the version that runs
"""
NEXT = ("web", "next")


class Load:
    """Users until `end`: pages, reads, jobs, sockets. `failures` lists everything unexpected."""

    def __init__(self, stack: Stack, *, seconds_between_jobs: float = 1.0) -> None:
        self.stack = stack
        self.failures: list[str] = []
        self.counts = {"page": 0, "static": 0, "read": 0, "job": 0}
        self.jobs: dict[str, str] = {}  # id by idempotency key
        self.closed: list[list[int]] = [[] for _ in range(SOCKETS)]  # codes, socket by socket
        self.snapshots = [0] * SOCKETS
        self.stop = threading.Event()
        page = requests.get(f"{stack.url}/accounts/login/", timeout=PATIENCE).text
        self.static = page.split('href="/static/', 1)[1].split('"', 1)[0]
        self.threads = [
            threading.Thread(target=self.repeat, args=(kind, pause, act))
            for kind, pause, act in (
                ("page", 0.3, self.page),
                ("page", 0.3, self.kept_page),
                ("static", 0.3, self.asset),
                ("read", 0.3, self.read),
                ("job", seconds_between_jobs, self.place),
            )
        ]
        self.threads += [
            threading.Thread(target=self.listen, args=(number,)) for number in range(SOCKETS)
        ]
        self.session = requests.Session()
        for thread in self.threads:
            thread.start()

    def repeat(self, kind: str, pause: float, act: Callable[[], requests.Response]) -> None:
        while not self.stop.wait(pause):
            try:
                answer = act()
            except requests.RequestException as error:
                self.failures.append(f"{kind}: {error!r}")
                continue
            self.counts[kind] += 1
            if answer.status_code != (201 if kind == "job" else 200):
                self.failures.append(f"{kind}: {answer.status_code} {answer.text[:200]}")

    def page(self) -> requests.Response:
        return requests.get(f"{self.stack.url}/accounts/login/", timeout=PATIENCE)

    def kept_page(self) -> requests.Response:
        return self.session.get(f"{self.stack.url}/accounts/login/", timeout=PATIENCE)

    def asset(self) -> requests.Response:
        return requests.get(f"{self.stack.url}/static/{self.static}", timeout=PATIENCE)

    def read(self) -> requests.Response:
        return self.stack.ask("get", "jobs/?limit=5")

    def place(self) -> requests.Response:
        key = str(uuid4())
        order = {"model": "flux-schnell", "prompt": "a lighthouse", "width": 256, "height": 256}
        answer = self.stack.ask("post", "jobs/", json=order, headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            self.jobs[key] = answer.json()["id"]
        return answer

    def listen(self, number: int) -> None:
        while not self.stop.is_set():
            try:
                with self.stack.socket() as socket:
                    if json.loads(socket.recv(timeout=PATIENCE))["type"] == "snapshot":
                        self.snapshots[number] += 1
                    while not self.stop.is_set():
                        with contextlib.suppress(TimeoutError):
                            socket.recv(timeout=0.2)
            except ConnectionClosed as closed:
                self.closed[number].append(closed.rcvd.code if closed.rcvd else 0)
            except Exception as error:  # noqa: BLE001 no socket may be refused
                self.failures.append(f"socket: {error!r}")
                self.stop.wait(0.1)

    def end(self) -> None:
        """Let all users finish what they have begun."""
        self.stop.set()
        for thread in self.threads:
            thread.join()


class TestUpgrade(unittest.TestCase):
    stack: ComposeStack

    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(ComposeStack(**MACHINE))

    @contextlib.contextmanager
    def code(self, **changes: tuple[str, str]) -> Iterator[Path]:
        """Yield a copy of this code, in which `changes` replace text; `__` in names is a slash."""
        with tempfile.TemporaryDirectory(dir="/tmp") as name:
            folder = Path(name)
            for part in ("accounts", "artgen", "deploy", "generation", "nginx"):
                shutil.copytree(settings.BASE_DIR / part, folder / part)
            for part in ("manage.py", "requirements.txt", "docker-compose.yml", "CHANGELOG.md"):
                shutil.copy2(settings.BASE_DIR / part, folder / part)
            for path, (before, after) in changes.items():
                file = folder / f"{path.replace('__', '/')}.py"
                text = file.read_text()
                assert before in text
                file.write_text(text.replace(before, after))
            yield folder

    def upgrade(
        self, folder: Path, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the script of that folder."""
        return subprocess.run(
            ["deploy/upgrade.sh", *arguments],
            cwd=folder,
            env={**self.stack.environment, **environment},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def serving(self) -> dict:
        return requests.get(f"{self.stack.url}/healthz", timeout=PATIENCE).json()

    def images(self) -> dict[str, str]:
        """Return the image of each container but nginx, which stays."""
        containers = self.stack.containers().items()
        return {name: container["image"] for name, container in containers if name != "nginx"}

    def compose(self, *arguments: str) -> None:
        """Run `docker compose` with the version that runs, as .env would choose it."""
        version = self.images()["backend"].partition(":")[2]
        self.stack.docker("compose", *arguments, ARTGEN_VERSION=version)

    def scale(self, service: str, count: int) -> None:
        """Run this many containers of a service; wait until nginx knows the further ones."""
        self.compose("up", "--scale", f"{service}={count}", service)
        if service == "store":
            return
        further = count - (service == "sockets")
        self.stack.until(
            lambda: self.nginx_configuration.read_text().count(f"/{service}.") - 1 >= further,
            "nginx knows it",
        )

    @property
    def nginx_configuration(self) -> Path:
        return self.stack.folder / "containers" / "nginx" / "tmp" / "run" / "nginx" / "nginx.conf"

    def kept_log(self, folder: Path) -> str:
        """Return what the last upgrade has written down."""
        return max((folder / ".data" / "upgrades").glob("*.log")).read_text()

    def assert_all_succeeded(self, load: Load) -> None:
        jobs = set(load.jobs.values())
        assert len(jobs) == len(load.jobs)

        def ended() -> list[tuple]:
            with psycopg.connect(self.stack.database_url) as database:
                rows = database.execute(
                    "SELECT job.id::text, status, count(image.id) FROM generation_job job"
                    " LEFT JOIN generation_image image ON image.job_id = job.id GROUP BY 1, 2"
                ).fetchall()
            rows = [row for row in rows if row[0] in jobs]
            return rows if all(row[1] in FINAL for row in rows) else []

        rows = self.stack.until(ended, "all jobs have ended")
        assert {row[1:] for row in rows} == {("succeeded", 1)}
        assert len(rows) == len(jobs)

    def test_it_upgrades_without_a_failed_request_or_a_lost_job(self):
        for service, count in (("web", 2), ("store", 2), ("sockets", 1)):
            self.scale(service, count)
        self.stack.get_ready()
        before, nginx = self.images(), self.stack.pids()["nginx"]
        assert {"web", "web.2", "drive", "store", "store.2", "slow"} < set(before)
        for number in range(3):
            (self.stack.folder / "images" / f"artgen:old{number}").mkdir()
        change = ('{"ok": True, ', '{"ok": True, "new": True, ')
        with self.code(artgen__observability__health=change) as folder:
            last = sorted((folder / "accounts" / "migrations").glob("0*.py"))[-1].stem
            (folder / "accounts" / "migrations" / "9999_novelty.py").write_text(
                MIGRATION.format(before=last)
            )
            example = folder / "deploy" / "env.example"
            example.write_text(
                example.read_text().replace("NGINX_BURST=40", "NGINX_BURST=41")
                + "# What is new.\nNOVELTY=1\n"
            )
            version = before["backend"].partition(":")[2].partition("-")[0]
            (folder / "CHANGELOG.md").write_text(CHANGES.format(version=version))
            load = Load(self.stack, seconds_between_jobs=0.4)
            try:
                outcome = self.upgrade(folder)
            finally:
                load.end()
            version = (folder / ".env").read_text()
            log = self.kept_log(folder)
        assert outcome.returncode == 0, outcome.stdout + self.stack.log[-3000:]
        assert load.failures == [], outcome.stdout
        assert min(load.counts.values()) > 20
        # Once to the second process, once back.
        assert load.closed == [[1012, 1012]] * SOCKETS, outcome.stdout
        assert load.snapshots == [3] * SOCKETS
        self.assert_all_succeeded(load)

        assert log == outcome.stdout
        plan, _, done = log.partition("upgrade: migrate")
        assert "Migrations (1):\n  accounts.9999_novelty\n" in plan
        assert "  new: NOVELTY=1 - What is new.\n" in plan
        assert "  other default: NGINX_BURST=41, was 40\n" in plan
        assert "Release notes:\n  - Sign in again.\n" in plan
        assert "not shown" not in plan
        assert "DONE in " in done
        old = sorted(
            one.name for one in (self.stack.folder / "images").iterdir() if ":old" in one.name
        )
        assert len(old) == 1, "that of the version, the one before, and one more"

        assert self.serving()["new"] is True
        after = self.images()
        assert set(after) == set(before), "the second processes are gone"
        assert len(set(after.values())) == 1
        assert not set(after.values()) & set(before.values())
        assert version == f"ARTGEN_VERSION={after['backend'].partition(':')[2]}\n"
        assert self.stack.pids()["nginx"] == nginx
        with psycopg.connect(self.stack.database_url) as database:
            database.execute("SELECT count(*) FROM accounts_novelty")
        assert [
            (self.stack.run_dir / f"{what}.sock").readlink().name for what in ("web", "sockets")
        ] == ["web-main.sock", "sockets-main.sock"]

    def test_it_rolls_back_when_the_new_version_does_not_get_ready(self):
        before, pids = self.images(), self.stack.pids()
        serving = self.serving()
        change = ("ok = all(reachable.values())", "ok = False")
        with self.code(artgen__observability__health=change) as folder:
            load = Load(self.stack)
            try:
                outcome = self.upgrade(folder, UPGRADE_PATIENCE="1")
            finally:
                load.end()
        assert outcome.returncode == 1, outcome.stdout
        assert "web is not healthy after 1 s. Its log:" in outcome.stdout
        assert "ROLLED BACK" in outcome.stdout
        assert load.failures == [], outcome.stdout
        assert load.closed == [[]] * SOCKETS, "no socket had to reconnect"
        assert (self.images(), self.stack.pids(), self.serving()) == (before, pids, serving)
        self.assert_all_succeeded(load)

    def test_it_rolls_back_when_the_new_version_fails_only_as_the_main_process(self):
        before = self.images()
        serving = self.serving()
        broken = "import os\nassert 'main' not in os.environ.get('GUNICORN_BIND', '')\n"
        with self.code(artgen__processes__wsgi=("import os\n", broken)) as folder:
            load = Load(self.stack)
            try:
                outcome = self.upgrade(folder)
            finally:
                load.end()
        assert outcome.returncode == 1, outcome.stdout
        assert "web has died. Its log:" in outcome.stdout
        assert "    assert 'main' not in os.environ.get" in outcome.stdout
        assert "ROLLED BACK" in outcome.stdout
        assert load.failures == [], outcome.stdout
        assert (self.images(), self.serving()) == (before, serving)
        self.assert_all_succeeded(load)

    def test_it_changes_nothing_when_nothing_runs(self):
        before = self.stack.pids()
        with self.code() as folder:
            outcome = self.upgrade(folder, FAKE_DOCKER=str(folder / "docker"))
        assert outcome.returncode == 1
        assert "upgrade: ArtGen is not running here" in outcome.stdout
        assert self.stack.pids() == before

    def test_it_says_why_the_release_step_failed_and_changes_nothing(self):
        before = self.stack.pids()
        change = ("STEPS = (\n", 'STEPS = (\n    ("nonsense",),\n')
        with self.code(artgen__management__commands__release=change) as folder:
            outcome = self.upgrade(folder)
            log = self.kept_log(folder)
        assert outcome.returncode == 1
        assert "\nCommandError: Unknown command: 'nonsense'" in log, "one line, not JSON"
        assert "upgrade: the release step failed, see above or .data/upgrades/" in log
        assert log == outcome.stdout
        assert self.stack.pids() == before

    def test_it_says_what_it_would_do_and_does_nothing(self):
        before = self.stack.pids()
        with self.code() as folder:
            outcome = self.upgrade(folder, "--plan")
            assert not (folder / ".env").exists()
        assert outcome.returncode == 0, outcome.stdout
        assert "\nMigrations: none.\nSettings: no changes.\n" in outcome.stdout
        assert self.stack.pids() == before
        with self.code() as folder:
            assert self.upgrade(folder, "--nonsense").returncode == 2

    def test_it_upgrades_what_is_not_healthy_only_by_force(self):
        # Another upgrade with the former values would start nginx again.
        self.addCleanup(self.compose, "up", "nginx")
        self.scale("web", 1)
        self.scale("sockets", 2)
        self.stack.docker("stop", "backend")
        self.stack.docker("stop", "sockets")
        # The further containers serve.
        for _ in range(10):
            assert self.stack.answers("/readyz")
        assert self.stack.opens_sockets()
        before = self.stack.pids()
        with self.code() as folder:
            outcome = self.upgrade(folder)
            assert outcome.returncode == 1
            assert "web does not answer: repair what runs first" in outcome.stdout
            assert self.stack.pids() == before
            outcome = self.upgrade(folder, "--force", NGINX_RATE="21r/s")
        assert outcome.returncode == 0, outcome.stdout + self.stack.log[-3000:]
        assert "--force: continues although web does not answer." in outcome.stdout
        self.stack.get_ready()
        assert len(set(self.images().values())) == 1
        assert set(self.images()) == set(before) - {"nginx"}
        assert "nginx: starts again with its new image or values" in outcome.stdout
        assert self.stack.pids()["nginx"] != before["nginx"]
        assert "rate=21r/s" in self.nginx_configuration.read_text()

    def test_it_ends_the_upgrade_of_which_only_the_second_process_was_left(self):
        """As after "ROLLED BACK, BUT NOT HEALTHY"; nginx refuses a value meanwhile."""
        nginx = self.stack.pids()["nginx"]
        self.compose("run", "-d", "--name", "artgen-web-next", "backend", *NEXT)
        self.stack.until((self.stack.run_dir / "web-next.sock").exists, "the second one is there")
        self.stack.docker("exec", "artgen-web-next", "deploy/handover.sh", "lead", "web", "next")
        self.stack.docker("stop", "backend")
        with self.code() as folder:
            load = Load(self.stack)
            try:
                outcome = self.upgrade(folder, "--force", NGINX_RATE="many")
            finally:
                load.end()
        assert outcome.returncode == 1, outcome.stdout
        assert 'invalid rate "rate=many"' in outcome.stdout
        assert "serves, BUT NOT ALL OF IT HAS STARTED" in outcome.stdout
        assert self.stack.pids()["nginx"] == nginx
        assert "web: the second process of an earlier upgrade serves" in outcome.stdout
        assert load.failures == [], outcome.stdout
        assert "artgen-web-next" not in self.stack.pids()
