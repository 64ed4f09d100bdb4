"""Production stacks for tests: on free ports, each with its own database and bucket.

`Stack` runs what `make stack` runs, `ComposeStack` the containers of docker-compose.yml as plain
processes.
"""

import contextlib
import itertools
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests
from django.conf import settings
from websockets.sync.client import ClientConnection, connect

from artgen.database.connection_budget import LANES
from deploy.stack import collect_static, process_names
from generation.demo.emulator import Emulator, EmulatorOptions
from generation.testing.kept import GROUP
from generation.testing.services import free_port
from generation.testing.template import migrated_database

PATIENCE = 180  # seconds until a test gives up; no test waits for it when all is well
# Kept between runs: compressing them takes several seconds.
STATIC_ROOT = settings.BASE_DIR / ".cache" / "static-for-tests"
# 16 for the stacks of each worker of pytest-xdist; tests empty those before.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_DATABASES = itertools.count(16 + WORKER % 3 * 16)
FINAL = ("succeeded", "failed", "canceled")
# The settings of one of two small machines.
MACHINE = {"WEB_MACHINES": "2", "SOCKETS_MACHINES": "2", "WORKER_MACHINES": "2"}
MACHINE |= {"GUNICORN_WORKERS": "1", "CELERY_CONCURRENCY": "2"}
# One of them that refuses no request of a test; several files share it without a restart.
PATIENT_MACHINE = MACHINE | {"NGINX_RATE": "1000r/s", "NGINX_ADDRESS_RATE": "1000r/s"}
# One of four of them, which could open 82 connections: behind PgBouncer.
FOUR_MACHINES = PATIENT_MACHINE | dict.fromkeys(
    ("WEB_MACHINES", "SOCKETS_MACHINES", "WORKER_MACHINES"), "4"
)
FOUR_MACHINES |= {"DB_CONNECTIONS_LIMIT": "1000"}
# Modules that hide the packages of the group `demo`, which production does not install.
ABSENT = Path(__file__).parent / "absent_in_production"
FAKE_DOCKER = Path(__file__).parent / "docker.py"
SERVICES = ("backend", "sockets", *LANES, "nginx")
PREPARE = """
from django.core.management import call_command
call_command("create_user", "alice@example.org", password="lighthouse at dusk", credits=1000)
call_command("issue_token", "alice@example.org", name="test")
"""


class Stack:
    """A stack that runs inside a `with` block: `url`, `token`, `emulator`, `run_dir`.

    `beside` another stack it is a second machine with the same database, Redis, bucket, emulator
    and secrets. `processes` are those that run on it, by default all.
    """

    def __init__(
        self,
        *,
        beside: "Stack | None" = None,
        processes: Sequence[str] = tuple(process_names({})),
        **given: str,
    ) -> None:
        self.beside = beside
        self.template = ""  # SQL of what its database is copied from, by default a migrated one
        self.processes = processes
        self.given = given
        self.name = beside.name if beside else f"stack{secrets.token_hex(4)}"
        self.server_url = os.environ["DATABASE_URL"]
        self.database_url = urlsplit(self.server_url)._replace(path=f"/{self.name}").geturl()
        self.folder = Path(tempfile.mkdtemp(prefix="artgen-stack-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.emulator = (
            beside.emulator
            if beside
            else Emulator(EmulatorOptions(api_key="test", seconds=0.2, cold_start=0))
        )
        s3 = urlsplit(os.environ["TEST_S3_URL"])
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("S3_", "RUNPOD_", "PYTEST_", "COV_"))
            and name not in ("PUBLIC_URL", "ALLOWED_HOSTS")
        }
        self.environment |= {
            "PORT": str(self.port),
            "DATA_DIR": str(self.folder),
            "STATIC_ROOT": str(STATIC_ROOT),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{next(REDIS_DATABASES)}",
            "S3_ENDPOINT_URL": f"http://{s3.hostname}:{s3.port}",
            "S3_REGION": "us-east-1",
            "S3_BUCKET": self.name,
            "S3_ACCESS_KEY_ID": s3.username or "",
            "S3_SECRET_ACCESS_KEY": s3.password or "",
            "RUNPOD_API_KEY": "test",
            "LOG_FORMAT": "json",
            **given,
        }
        if beside:
            shared = ("SECRET_KEY", "REDIS_URL", "RUNPOD_BASE_URL", "RUNPOD_IMAGE_HOSTS")
            self.environment |= {name: beside.environment[name] for name in shared}
            self.environment |= {"PUBLIC_URL": beside.url, "WORKER_NAME": "beside"}

    @property
    def run_dir(self) -> Path:
        """The folder of the Unix sockets and of nginx's configuration."""
        return self.folder / "run"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def __enter__(self) -> "Stack":
        try:
            return self._start()
        except BaseException:
            self.__exit__()
            raise

    def _start(self) -> "Stack":
        if not self.beside:
            with psycopg.connect(self.server_url, autocommit=True) as database:
                source = self.template or f"TEMPLATE {migrated_database()}"
                database.execute(f"CREATE DATABASE {self.name} {source}")
            self.emulator.start()
            self.environment |= {
                "RUNPOD_BASE_URL": self.emulator.base_url,
                "RUNPOD_IMAGE_HOSTS": self.emulator.image_host,
            }
        self.launch()
        if self.beside:
            self.token = self.beside.token
        else:
            self.token = self.command("shell", "--command", PREPARE).splitlines()[-1]
        self.get_ready()
        return self

    def launch(self) -> None:
        """Start all processes as `make stack` does, and wait until each has been started."""
        with (self.folder / "log").open("ab") as log:
            self.launched_at = len(self.log)
            self.process = subprocess.Popen(
                [sys.executable, "deploy/stack.py", *self.processes],
                cwd=settings.BASE_DIR,
                env=self.environment | {"PYTHONPATH": production_path()},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.until(lambda: all(self.pids().values()), "all processes have started")

    def get_ready(self) -> None:
        """Wait until pages answer, sockets open and each worker has started."""
        self.until(lambda: self.answers("/readyz"), "web answers")
        self.until(self.opens_sockets, "sockets open")
        workers = len(set(LANES) & set(self.processes))
        self.until(
            lambda: self.log[self.launched_at :].count(" ready.") >= workers, "workers are ready"
        )

    def change(self, **given: str) -> None:
        """Replace the settings that it was made with, from the next launch on."""
        self.environment = {
            name: value for name, value in self.environment.items() if name not in self.given
        } | given
        self.given = given

    def __exit__(self, *error: object) -> None:
        """Stop every process, and drop the database."""
        self.end()
        if not self.beside:
            self.emulator.stop()
            with psycopg.connect(self.server_url, autocommit=True) as database:
                database.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self) -> None:
        """Stop every process."""
        if process := getattr(self, "process", None):
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"it does not stop:\n{self.log[-4000:]}") from None
            finally:
                process.kill()  # which ends its children, too

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def until(self, done: Any, what: str) -> Any:
        """Return the first true result of `done`; fail after PATIENCE or when the stack ends."""
        limit = time.monotonic() + PATIENCE
        while not (result := done()):
            if self.has_ended() or time.monotonic() > limit:
                raise AssertionError(f"waited until {what}; the log:\n{self.log[-4000:]}")
            time.sleep(0.05)
        return result

    def answers(self, path: str) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}{path}", timeout=PATIENCE).status_code == 200
        return False

    def pids(self) -> dict[str, int]:
        """Return the process id of each process, 0 for one that is not running."""
        running = set(children(self.process.pid))
        found = {}
        for name in self.processes:
            file = self.run_dir / f"{name}.pid"
            pid = int(file.read_text() or 0) if file.exists() else 0
            found[name] = pid if pid in running else 0
        return found

    def command(self, *arguments: str) -> str:
        """Run one of ArtGen's commands in the stack's environment and return what it prints."""
        return self._command(arguments, check=True)

    def command_that_may_fail(self, *arguments: str) -> str:
        """Run one of ArtGen's commands, whatever its exit status, and return what it prints."""
        return self._command(arguments, check=False)

    def _command(self, arguments: Sequence[str], *, check: bool) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=check,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the API through nginx with the token."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": "en",
            **options.pop("headers", {}),
        }
        return requests.request(
            method, f"{self.url}/api/v1/{path}", headers=headers, timeout=PATIENCE, **options
        )

    def socket(self) -> ClientConnection:
        """Open the socket through nginx with the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return connect(f"ws://127.0.0.1:{self.port}/ws/jobs/", additional_headers=headers)

    def opens_sockets(self) -> bool:
        with contextlib.suppress(Exception), self.socket() as socket:
            return bool(json.loads(socket.recv(timeout=PATIENCE))["type"] == "snapshot")
        return False

    def draw(self) -> dict[str, Any]:
        """Place a job by API, follow it by socket, and return it when it is final."""
        with self.socket() as socket:
            answer = self.ask(
                "post", "jobs/", json={"model": "flux-schnell", "prompt": "a lighthouse at dusk"}
            )
            if answer.status_code != 201:
                raise AssertionError(f"{answer.status_code} {answer.text}\n{self.log[-4000:]}")
            return self.follow(answer.json(), socket)

    def follow(self, job: dict[str, Any], socket: ClientConnection) -> dict[str, Any]:
        """Return the job when the socket has sent it as final."""
        while job["status"] not in FINAL:
            message = json.loads(socket.recv(timeout=PATIENCE))
            for sent in message["jobs"] if message["type"] == "snapshot" else [message["job"]]:
                job = sent if sent["id"] == job["id"] else job
        return job


class ComposeStack(Stack):
    """The containers of docker-compose.yml as plain processes, started through a fake `docker`.

    Scripts that run in its `environment` find that `docker`, too.
    """

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        programs = self.folder / "bin"
        programs.mkdir()
        docker = programs / "docker"
        docker.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE_DOCKER} "$@"\n')
        docker.chmod(0o755)
        self.environment |= {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": production_path(),
            "FAKE_DOCKER": str(self.folder),
            "TMPDIR": str(self.folder),
            "PUBLIC_URL": self.url,
            "NGINX_PORT": str(self.port),
        }

    @property
    def run_dir(self) -> Path:
        """The folder of the Unix sockets."""
        return self.folder / "run" / "artgen"

    def launch(self) -> None:
        """Build the image and start the containers as `docker compose up` does."""
        collect_static(self.environment | {"PYTHON": sys.executable})
        (self.folder / "log").touch()
        self.launched_at = len(self.log)
        self.docker("compose", "build", "release")
        self.docker("compose", "run", "release")
        self.docker("compose", "up", *SERVICES)

    def docker(self, *arguments: str, **environment: str) -> str:
        """Run the fake `docker` for the code of this project and return what it prints."""
        done = subprocess.run(
            ["docker", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise AssertionError(f"docker {arguments}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return all containers by name: `service`, `image`, `pid`."""
        files = (self.folder / "containers").glob("*.json")
        return {file.stem: json.loads(file.read_text()) for file in files}

    def pids(self) -> dict[str, int]:
        """Return the process id of each container."""
        return {name: container["pid"] for name, container in self.containers().items()}

    def end(self) -> None:
        """Stop and remove all containers."""
        self.docker("rm", *self.containers())

    def has_ended(self) -> bool:
        return False


def production_path() -> str:
    """Return a PYTHONPATH that hides the packages which production does not install."""
    return os.pathsep.join([str(ABSENT), *filter(None, [os.environ.get("PYTHONPATH")])])


def kept_stack(**given: str) -> Stack:
    """Return the stack that test classes share; restart it if it has other settings than these."""
    stack = GROUP.get("stack", lambda: Stack(**given))
    if stack.given != given:
        stack.end()
        stack.change(**given)
        stack.launch()
        stack.get_ready()
    return stack


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def connected(pid: int) -> list[str]:
    """Return the open connections of a process, over TCP and Unix sockets."""
    links = [os.path.realpath(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {found[1] for link in links if (found := re.search(r"socket:\[(\d+)\]", link))}
    tcp = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    found = [f"tcp {line[2]}" for line in tcp if line[9] in inodes and line[3] == "01"]
    return found + [f"unix {line[6]}" for line in unix if line[6] in inodes and line[5] == "03"]
