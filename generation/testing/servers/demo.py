"""A running `make run` for tests: real HTTP, a real socket, a real Ctrl-C."""

import contextlib
import functools
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from django.conf import settings
from websockets.sync.client import connect

from generation.testing.kept import GROUP
from generation.testing.rows.drawn import Steps
from generation.testing.servers.stack import STATIC_ROOT
from generation.testing.services import free_port

PATIENCE = 120  # seconds until a test gives up; no test waits for it when all is well
FINAL = ("succeeded", "failed", "canceled")
QUICK = ("--painter", "tiny", "--seconds", "0.2", "--cold-start", "0")
DRAWING = "endpoints/black-forest-labs-flux-1-schnell"  # the model of what is prepared
MANY_GPUS, GPUS = 50, 3
# Slow enough to see an image being generated.
WATCHED = ("--painter", "tiny", "--seconds", "1.5", "--cold-start", "0")


class Demo:
    """A running demo: `url`, `token`, `output`."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port, emulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name
            not in (
                "DATABASE_URL",
                "REDIS_URL",
                "SECRET_KEY",
                "RUNPOD_API_KEY",
                "PYTEST_VERSION",
                "PUBLIC_URL",
            )
        }
        self.environment |= {
            "DATA_DIR": str(data),
            "PORT": str(self.port),
            "EMULATOR_PORT": str(emulator_port),
            "STATIC_ROOT": str(STATIC_ROOT),
        }
        self.environment |= {"RUNPOD_MISSING_SECONDS": "1", "PYTHONUNBUFFERED": "1"}
        self.options = options
        self.printed: list[str] = []
        self.unread = queue.SimpleQueue[str]()  # lines; "" at the end

    def command(self, *arguments: str) -> str:
        """Run one of ArtGen's commands on the demo's data and return what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stderr}")
        return done.stdout.strip()

    def commands(self, *calls: tuple[str, ...]) -> list[str]:
        """Run several commands in one process; return the lines that they print."""
        run = (
            "from django.core.management import call_command\n"
            "for call in {!r}:\n    call_command(*call)"
        )
        return self.command(
            "shell", "--verbosity", "0", "--command", run.format(calls)
        ).splitlines()

    def __enter__(self) -> "Demo":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.demo", *self.options],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        while "Ctrl-C" not in (line := self.unread.get()):
            if not line:
                raise RuntimeError(f"the demo did not start: {self.output}")
        return self

    def read(self) -> None:
        """Keep what the demo prints; it would stop as soon as the pipe is full."""
        for line in self.process.stdout:
            self.printed.append(line)
            self.unread.put(line)
        self.unread.put("")

    @property
    def output(self) -> str:
        """What the demo has printed so far."""
        return "".join(self.printed)

    @functools.cached_property
    def token(self) -> str:
        """An API token of the demo account."""
        return self.command("issue_token", "demo@artgen.local", "--name", f"test {self.port}")

    def __exit__(self, *error: object) -> None:
        """Press Ctrl-C and wait until the last process has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        self.reader.join(PATIENCE)

    def letter_link(self, path: str) -> str:
        """Wait for an email with a link to this path; the demo prints emails."""
        while not (link := re.search(rf"{self.url}{path}\S+", line := self.unread.get())):
            if not line:
                raise RuntimeError(f"the demo has ended: {self.output}")
        return link[0]

    def tell_emulator(self, path: str, **document: object) -> None:
        """Control the demo's emulator, see `generation/demo/emulator/control_api.py`.

        With `workers=0` an endpoint accepts jobs and starts none, however slow the test is.
        """
        requests.post(
            f"http://127.0.0.1:{self.environment['EMULATOR_PORT']}/emulator/{path}",
            json=document,
            headers={"Authorization": "Bearer demo"},
            timeout=PATIENCE,
        ).raise_for_status()

    def left_over(self) -> list[str]:
        """Return the command lines of its processes that run."""
        lines = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if f"DATA_DIR={self.environment['DATA_DIR']}".encode() in environ.read_bytes():
                    lines.append(environ.with_name("cmdline").read_text().replace("\0", " "))
        return lines

    def ask(self, method: str, path: str, **options: object) -> requests.Response:
        """Call the API with the token."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": "en",
            **options.pop("headers", {}),
        }
        return requests.request(
            method, f"{self.url}/api/v1/{path}", headers=headers, timeout=PATIENCE, **options
        )

    def socket(self, **options: object):
        headers = {"Authorization": f"Bearer {self.token}"}
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/jobs/", additional_headers=headers, **options
        )


def follow(socket, ids: set[str]) -> dict[str, list[dict]]:
    """Return every state of these jobs that the socket sends until the last one is final."""
    states: dict[str, list[dict]] = {one: [] for one in ids}
    while any(not jobs or jobs[-1]["status"] not in FINAL for jobs in states.values()):
        message = json.loads(socket.recv(timeout=PATIENCE))
        for job in message["jobs"] if message["type"] == "snapshot" else [message["job"]]:
            if job["id"] in states:
                states[job["id"]].append(job)
    return states


def run_python(demo: Demo, *lines: str) -> Any:
    """Run lines of Python in the demo's environment; return their last line of output, as JSON."""
    return json.loads(demo.command("shell", "--command", "\n".join(lines)).splitlines()[-1])


@contextlib.contextmanager
def inhabited_demo(*classes: "type[DemoTestCase]") -> Iterator[tuple[Demo, dict[str, str]]]:
    """Run a demo that these classes share; yield it and a session key of each of their users."""
    people = [name for one in classes for name in one.people]
    staff = [name for one in classes for name in one.staff]
    enter = (
        "import json; from generation.testing.rows.people import assert_signed_in, let_in; "
        f"sessions = let_in(*{people!r}, staff={staff!r})"
    )
    with tempfile.TemporaryDirectory() as data, Demo(Path(data), *classes[0].options) as demo:
        draws = {name: steps for one in classes for name, steps in one.draws.items()}
        sides = {name: one.side for one in classes for name in one.draws}
        draw = "from generation.testing.rows.drawn import draw"
        prepared = [draw, f"draw({draws!r}, sides={sides!r})", *(one.prepare for one in classes)]
        leave = "assert_signed_in(sessions); print(json.dumps(sessions))"
        demo.tell_emulator(DRAWING, workers=MANY_GPUS)  # what is prepared is soon there
        sessions = run_python(demo, enter, *prepared, leave)
        demo.tell_emulator(DRAWING, workers=GPUS)
        yield demo, sessions


def count_tests(classes: Sequence[type[unittest.TestCase]]) -> int:
    names = unittest.defaultTestLoader.getTestCaseNames
    return sum(len(names(one)) for one in classes)


class DemoTestCase(unittest.TestCase):
    """Tests against a running `demo`, which classes share; `sessions` has one of each user.

    Classes with the same name in `apart` share another demo, because their tests would disturb
    those of the others, or need other `options`.
    """

    options: ClassVar[tuple[str, ...]] = WATCHED
    apart: ClassVar[str] = ""
    people: ClassVar[tuple[str, ...]] = ()  # no other class that shares the demo has these names
    staff: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[Mapping[str, Steps]] = {}  # what is drawn for each person before the tests
    side: ClassVar[int] = 256  # of these images, in px
    prepare: ClassVar[str] = ""  # lines of Python that run inside the demo after that
    marks: ClassVar[tuple[pytest.MarkDecorator, ...]] = ()
    group: ClassVar[str]
    # Two demos for most, so that two workers of pytest-xdist share the tests.
    demos: ClassVar[dict[str, list[type["DemoTestCase"]]]] = {"demo 0": [], "demo 1": []}
    sharing: ClassVar[list[type["DemoTestCase"]]]  # one of `demos`

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        if abstract:
            return
        # One worker of pytest-xdist runs all tests of a demo, so that it starts once.
        cls.group = cls.apart or min(
            ("demo 0", "demo 1"), key=lambda name: count_tests(cls.demos[name])
        )
        cls.sharing = cls.demos.setdefault(cls.group, [])
        cls.pytestmark = [*cls.marks, pytest.mark.xdist_group(cls.group)]
        for other in cls.sharing:
            if twice := {*cls.people, *cls.staff} & {*other.people, *other.staff}:
                raise ValueError(
                    f"{cls.__qualname__} and {other.__qualname__} share a demo and the users "
                    f"{sorted(twice)}; each would see the other's changes"
                )
        cls.sharing.append(cls)

    @classmethod
    def setUpClass(cls) -> None:
        cls.demo, cls.sessions = cls.enter_demo()

    @classmethod
    def enter_demo(cls) -> tuple[Demo, dict[str, str]]:
        return GROUP.get(cls.group, lambda: inhabited_demo(*cls.sharing))
