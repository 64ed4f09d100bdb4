"""`demo`: all of ArtGen in one process, with nothing to install. The same tasks and code as production.

Pages, API and sockets are served by daphne in the main thread; Celery's worker and beat run in threads over an
in-memory broker; the emulator of RunPod is a child process. SQLite and the pictures lie in DATA_DIR. `make run`
starts it.
"""

import contextlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from celery import beat
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import User
from artgen.asgi import application
from artgen.celery import app
from artgen.daphne import PatientServer
from artgen.management.demo_command import DemoCommand
from generation.demo import sample_gallery
from generation.jobs import reachability

HOST = "127.0.0.1"
WORKER_THREADS = 8
PEOPLE = (
    ("demo@artgen.local", "demo-pictures", ["--credits", "500"]),
    ("staff@artgen.local", "staff-pictures", ["--credits", "500", "--staff"]),
)
EXHIBITOR = "nora@artgen.local"  # whose pictures hang on Explore; nobody is told a password
EXHIBITION_AFTER = 20.0  # seconds after the start, which belong to whoever tries a first picture
EXHIBITION_STEP = 0.5  # seconds
BANNER = """
  ArtGen is running at  {url}

  demo account          {demo[0]}    password  {demo[1]}
  staff, /admin/        {staff[0]}   password  {staff[1]}

  {painter} Ctrl-C stops everything; accounts and pictures stay in {data}.
"""

DEMO_GENERATOR = "A demo generator on this machine makes the images."
AT_RUNPOD = "RunPod makes the images and charges your key."
INSIDE = "\n  Source images travel inside the request and progress is asked for: RunPod cannot reach this machine."


class Command(DemoCommand):
    """Start everything, wait for Ctrl-C, stop everything."""

    help = "Runs all of ArtGen on this machine for trying it out: SQLite, files on disk, a RunPod emulator that paints."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ports; emulator port 0: RunPod itself is used."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--emulator-port", type=int, default=8010)
        parser.add_argument("--painter", choices=["full", "tiny"], default="full")
        parser.add_argument("--seconds", default="3", help="GPU time of a picture")
        parser.add_argument(
            "--cold-start", default="1.5", help="seconds before an endpoint's first job"
        )
        parser.add_argument("--bare", action="store_true", help="hang no pictures on Explore")

    def handle(self, *args: Any, port: int, emulator_port: int, **options: Any) -> None:
        """Run until SIGINT or SIGTERM."""
        for one in (port, emulator_port):
            if one and not _is_free(one):
                raise CommandError(
                    f"Port {one} is in use. Choose another: make run PORT={port + 100}"
                )
        warnings.filterwarnings(
            "ignore", message="StreamingHttpResponse must consume"
        )  # files over ASGI, fine here
        with contextlib.ExitStack() as stack:
            behavior = [
                f"--{name.replace('_', '-')}={options[name]}"
                for name in ("painter", "seconds", "cold_start")
            ]
            emulator = (
                stack.enter_context(_emulator(emulator_port, behavior)) if emulator_port else None
            )
            self._prepare()
            if emulator:
                _wait_until_ready(emulator, emulator_port)
            stack.enter_context(_workers())
            # Only what is worth looking at, and never at the cost of a key of one's own.
            shows = emulator and options["painter"] == "full" and not options["bare"]
            filling = stack.enter_context(_exhibition()) if shows else None
            server = PatientServer(
                application,
                endpoints=[f"tcp:port={port}:interface={HOST}"],
                ready_callable=lambda: self._open(painter=bool(emulator), exhibition=filling),
                server_name="ArtGen",
            )
            with contextlib.suppress(
                KeyboardInterrupt
            ):  # Ctrl-C before the server listens to signals
                server.run()
            self.stdout.write("Stopping.")

    def _prepare(self) -> None:
        quiet = io.StringIO()
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_catalog", stdout=quiet)
        for email, password, more in PEOPLE:
            call_command(
                "create_user", email, "--password", password, *more, stdout=quiet, stderr=quiet
            )

    def _open(self, *, painter: bool, exhibition: threading.Thread | None) -> None:
        self._greet(painter=painter)
        if exhibition:
            exhibition.start()

    def _greet(self, *, painter: bool) -> None:
        self.stdout.write(
            BANNER.format(
                url=settings.PUBLIC_URL,
                demo=PEOPLE[0],
                staff=PEOPLE[1],
                data=settings.DATA_DIR,
                painter=DEMO_GENERATOR if painter else _at_runpod(),
            )
        )
        self.stdout.flush()


def _at_runpod() -> str:
    return AT_RUNPOD if reachability.by_runpod(settings.PUBLIC_URL) else f"{AT_RUNPOD}{INSIDE}"


@contextlib.contextmanager
def _emulator(port: int, behavior: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the emulator as a child; it ends when its input is closed, so also when this process dies."""
    # Not by manage.py: without Django it is there in half the time.
    command = [
        sys.executable,
        "-m",
        "generation.demo.emulator",
        "--port",
        str(port),
        "--exit-with-parent",
        *behavior,
    ]
    child = subprocess.Popen(  # noqa: S603 our own command
        command,
        cwd=settings.BASE_DIR,
        env={**os.environ, "RUNPOD_API_KEY": settings.RUNPOD_API_KEY},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_ready(child: subprocess.Popen[bytes], port: int, *, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.poll() is None:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise CommandError("The emulator of RunPod did not start.")


@contextlib.contextmanager
def _workers() -> Iterator[None]:
    """Run Celery's worker and beat in threads."""
    worker = app.WorkController(
        app=app,
        pool_cls="threads",
        queues=settings.WORKER_QUEUES,
        concurrency=WORKER_THREADS,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    clock = beat.Service(app, scheduler_cls=beat.Scheduler)
    threads = [
        threading.Thread(target=worker.start, name="worker", daemon=True),
        threading.Thread(target=clock.start, name="beat", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        clock.stop()
        worker.stop(in_sighandler=False)
        for thread in threads:
            thread.join(timeout=5)


@contextlib.contextmanager
def _exhibition() -> Iterator[threading.Thread]:
    """Yield a thread that, once started, fills Explore step by step."""
    call_command(
        "create_user", EXHIBITOR, "--name", "Nora", stdout=io.StringIO(), stderr=io.StringIO()
    )
    owner, staff = (User.objects.get(email=email) for email in (EXHIBITOR, PEOPLE[1][0]))
    ended = threading.Event()

    def fill() -> None:
        wait = EXHIBITION_AFTER
        while not ended.wait(wait) and sample_gallery.step(owner=owner, staff=staff):
            wait = EXHIBITION_STEP
        connection.close()

    thread = threading.Thread(target=fill, name="exhibition", daemon=True)
    try:
        yield thread
    finally:
        ended.set()
        if thread.is_alive():
            thread.join(timeout=5)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
