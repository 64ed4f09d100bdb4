"""A running production stack for tests: `make stack`'s own script on free ports, with its own database and bucket."""

import contextlib
import http.client
import itertools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import Fault, ServerProxy

import psycopg
import requests
from django.conf import settings
from supervisor.xmlrpc import SupervisorTransport
from websockets.sync.client import ClientConnection, connect

from artgen import connection_budget
from artgen.tests.kept import GROUP
from artgen.tests.services import free_port
from generation.demo.emulator import Emulator

PATIENCE = 180  # seconds until a test gives up; nothing waits for it when all is well
# Compressing them takes a while; whoever runs the tests again finds them there.
STATIC_ROOT = settings.BASE_DIR / ".cache" / "static-for-tests"
REDIS_DATABASES = itertools.count(9)  # the tests beside this one empty the first ones
FINAL = ("succeeded", "failed", "canceled")
# Of one of two machines, as small as can be.
MACHINE = {"WEB_MACHINES": "2", "SOCKETS_MACHINES": "2", "WORKER_MACHINES": "2"}
MACHINE |= {"GUNICORN_WORKERS": "1", "CELERY_CONCURRENCY": "2"}
# Packages of the group `demo`, which production does not install.
ABSENT = Path(__file__).parent / "absent_in_production"
PREPARE = """
from django.core.management import call_command
call_command("create_user", "alice@example.org", password="password", credits=1000)
call_command("issue_token", "alice@example.org", name="test")
"""


class Stack:
    """A stack between `with` and its end: `url`, `token`, `emulator`, `run_dir`.

    `beside` another one it is a second machine: database, Redis, bucket, RunPod and secrets are those of the first.
    """

    def __init__(self, *, beside: "Stack | None" = None, **given: str) -> None:
        self.beside = beside
        self.given = given
        self.name = beside.name if beside else f"stack{secrets.token_hex(4)}"
        self.server_url = os.environ["DATABASE_URL"]
        self.database_url = urlsplit(self.server_url)._replace(path=f"/{self.name}").geturl()
        self.folder = Path(tempfile.mkdtemp(prefix="artgen-stack-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.emulator = (
            beside.emulator if beside else Emulator(api_key="test", seconds=0.2, cold_start=0)
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
        """Where sockets and nginx's configuration lie."""
        return self.folder / "run"

    @property
    def log(self) -> str:
        """Whatever all processes have printed."""
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
                database.execute(f"CREATE DATABASE {self.name}")
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
        paths = [str(ABSENT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with (self.folder / "log").open("ab") as log:
            self.launched_at = len(self.log)
            self.process = subprocess.Popen(
                ["deploy/stack.sh", sys.executable],
                cwd=settings.BASE_DIR,
                env={**self.environment, "PYTHONPATH": os.pathsep.join(paths)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.until(lambda: all(pid for pid in self.pids().values()), "all processes have started")

    def get_ready(self) -> None:
        """Return when pages answer, sockets open and each lane of the worker has begun."""
        self.until(lambda: self.answers("/readyz"), "web answers")
        self.until(self.opens_sockets, "sockets open")
        self.until(
            lambda: self.log[self.launched_at :].count(" ready.") >= connection_budget.LANES,
            "the worker is ready",
        )

    def change(self, **given: str) -> None:
        """Let the next launch be with these settings in place of those that it was made with."""
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
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                limit = time.monotonic() + PATIENCE
                while process.poll() is None:
                    if time.monotonic() > limit:
                        raise AssertionError(
                            f"it does not stop; the stack says:\n{self.log[-4000:]}"
                        )
                    self.states()  # supervisor looks at its programs once a second, and whenever it is asked
                    time.sleep(0.05)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def until(self, done: Any, what: str) -> Any:
        """Return what `done` returns as soon as that is true; fail after PATIENCE or when the stack ends."""
        limit = time.monotonic() + PATIENCE
        while not (result := done()):
            if self.process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(
                    f"waited in vain until {what}; the stack says:\n{self.log[-4000:]}"
                )
            time.sleep(0.05)
        return result

    def answers(self, path: str) -> bool:
        """Tell whether the address answers 200."""
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}{path}", timeout=PATIENCE).status_code == 200
        return False

    @property
    def supervisor(self) -> Any:
        """The stack's supervisor, to be asked whatever http://supervisord.org/api.html lists."""
        transport = SupervisorTransport(serverurl=f"unix://{self.run_dir}/supervisor.sock")
        return ServerProxy("http://localhost", transport).supervisor

    def states(self) -> dict[str, str]:
        """Return what supervisor says of each program, nothing while it does not answer."""
        return {name: program["statename"] for name, program in self._programs().items()}

    def pids(self) -> dict[str, int]:
        """Return the process id of each program, 0 for one that is not running."""
        found = {
            name: program["pid"] if program["statename"] == "RUNNING" else 0
            for name, program in self._programs().items()
            if not name.endswith("-next")
        }
        return found if len(found) == 5 else {"": 0}

    def stop(self, *programs: str) -> None:
        """Stop these programs."""
        for program in programs:
            self.supervisor.stopProcess(program, False)
        self.until(
            lambda: {self.states()[program] for program in programs} == {"STOPPED"},
            f"{programs} have ended",
        )

    def start(self, *programs: str) -> None:
        """Start programs that were stopped."""
        for program in programs:
            self.supervisor.startProcess(program, False)
        self.until(
            lambda: {self.states()[program] for program in programs} == {"RUNNING"},
            f"{programs} run",
        )

    def _programs(self) -> dict[str, dict[str, Any]]:
        with contextlib.suppress(OSError, http.client.HTTPException, Fault):
            return {program["name"]: program for program in self.supervisor.getAllProcessInfo()}
        return {}

    def command(self, *arguments: str) -> str:
        """Run one of ArtGen's commands in the stack's environment and return what it prints."""
        return self._command(arguments, check=True)

    def command_that_may_fail(self, *arguments: str) -> str:
        """Run one of ArtGen's commands, whatever its exit status says, and return what it prints."""
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
        """Tell whether a socket opens and is sent its snapshot."""
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
            job: dict[str, Any] = answer.json()
            while job["status"] not in FINAL:
                message = json.loads(socket.recv(timeout=PATIENCE))
                for told in message["jobs"] if message["type"] == "snapshot" else [message["job"]]:
                    job = told if told["id"] == job["id"] else job
        return job


def kept_stack(**given: str) -> Stack:
    """Return the stack that classes share, with these settings; where it has others, it starts anew with these."""
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


def environment(pid: int) -> dict[str, str]:
    """Return the environment that a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
