"""`demo`: all of ArtGen in one process, with the tasks and code of production.

daphne serves pages, API and sockets in the main thread. Celery's worker and beat run in threads,
with an in-memory broker. The RunPod emulator is a child process. SQLite and the images are in
DATA_DIR. `make run` starts it. Its environment is set by manage.py (artgen.demo_environment).
"""

import contextlib
import io
import os
import signal
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
from types import FrameType
from typing import Any, NoReturn

from celery import beat
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import User
from artgen import demo_environment
from artgen.asgi import application
from artgen.celery import app
from artgen.daphne import PatientServer
from artgen.env import BASE_DIR
from artgen.management import numbers
from artgen.management.demo_command import DemoCommand
from generation.demo import sample_gallery
from generation.jobs import reachability
from generation.models import ImageModel

HOST = demo_environment.HOST
WORKER_THREADS = 8
ACCOUNTS = (
    ("demo@artgen.local", "demo-pictures", ["--credits", "500"]),
    ("staff@artgen.local", "staff-pictures", ["--credits", "500", "--superuser"]),
)
GALLERY_OWNER = "nora@artgen.local"  # of the sample images in Explore; the password is random
TOOLS = ("upscaler", "flux-fill", "sdxl-inpaint")  # own workers, which the emulator has, too
GALLERY_DELAY_SECONDS = 20.0  # after the start, so that a user's first image is not delayed
GALLERY_STEP_SECONDS = 0.5
BANNER = """
  ArtGen is running at  {url}

  demo account          {demo[0]}    password  {demo[1]}
  staff, /admin/        {staff[0]}   password  {staff[1]}

  {painter} Ctrl-C stops everything; accounts and images stay in {data}.
"""

DEMO_GENERATOR = "A demo generator on this machine makes the images."
AT_RUNPOD = "RunPod makes the images and charges your key."
NOT_REACHABLE = (
    "\n  RunPod cannot reach this machine: source images are sent within requests, "
    "and progress is polled."
)


class Command(DemoCommand):
    """Start everything, wait for Ctrl-C, stop everything."""

    help = "Run all of ArtGen on this machine to try it: SQLite, files on disk, a RunPod emulator."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments, whose ports have their defaults from the environment."""
        parser.add_argument(
            "--port",
            type=numbers.PORT,
            default=os.environ.get("PORT") or demo_environment.DEFAULT_PORT,
            help="of the site, default PORT or 8000",
        )
        parser.add_argument(
            "--emulator-port",
            type=demo_environment.PORT_OR_NONE,
            default=os.environ.get("EMULATOR_PORT") or 0,
            help="of the RunPod emulator, default EMULATOR_PORT or 10 more than the site's; 0, or "
            "a RUNPOD_API_KEY without this option: none, RunPod makes the images and charges you",
        )
        parser.add_argument("--painter", choices=["full", "tiny"], default="full")
        parser.add_argument(
            "--seconds",
            type=numbers.Span(0, 3600),
            default=3.0,
            help="GPU time of an image, or a range such as 2-8",
        )
        parser.add_argument(
            "--cold-start",
            type=numbers.Decimal(0, 3600),
            default=1.5,
            help="seconds before an endpoint's first job",
        )
        parser.add_argument(
            "--bare", action="store_true", help="create no sample images in Explore"
        )

    def handle(self, *args: Any, port: int, emulator_port: int, **options: Any) -> None:
        """Run until SIGINT or SIGTERM, then end the process."""
        if port == emulator_port:
            raise CommandError("The site and the emulator need two different ports.")
        if not emulator_port and not settings.RUNPOD_API_KEY:
            raise CommandError("Without the emulator, the demo needs a RUNPOD_API_KEY.")
        for number in (port, emulator_port):
            if number and not _is_free(number):
                another = port + 100 if port + 110 <= numbers.PORT.most else port - 100
                raise CommandError(
                    f"Port {number} is in use. Choose another: make run PORT={another}, or "
                    f"manage.py demo --port {another}"
                )
        # Files are streamed over ASGI here, which is fast enough for one user.
        warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume")
        with contextlib.ExitStack() as stack:
            interrupted = stack.enter_context(_interruptions())
            behavior = [
                f"--painter={options['painter']}",
                f"--seconds={_span(options['seconds'])}",
                f"--cold-start={options['cold_start']:g}",
            ]
            emulator = (
                stack.enter_context(_emulator(emulator_port, behavior)) if emulator_port else None
            )
            self._prepare(has_emulator=bool(emulator))
            if emulator:
                _wait_until_ready(emulator, emulator_port)
            stack.enter_context(_workers())
            # Only with the full painter, and never with a real key, which would cost money.
            has_gallery = emulator and options["painter"] == "full" and not options["bare"]
            gallery_thread = stack.enter_context(_sample_gallery()) if has_gallery else None
            server = PatientServer(
                application,
                endpoints=[f"tcp:port={port}:interface={HOST}"],
                ready_callable=lambda: self._open(
                    painter=bool(emulator), gallery_thread=gallery_thread
                ),
                server_name="ArtGen",
            )
            server.stop_at_start_if(interrupted.is_set)
            # Ctrl-C before the server handles signals.
            with contextlib.suppress(KeyboardInterrupt):
                server.run()
            self.stdout.write("Stopping.")
        _end()

    def _prepare(self, *, has_emulator: bool) -> None:
        quiet = io.StringIO()
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        known = set(ImageModel.objects.values_list("slug", flat=True))
        call_command("load_catalog", stdout=quiet)
        new = set(TOOLS) - known  # later starts keep what staff have set
        ImageModel.objects.filter(slug__in=new).update(enabled=has_emulator)
        for email, password, more in ACCOUNTS:
            call_command(
                "create_user", email, "--password", password, *more, stdout=quiet, stderr=quiet
            )

    def _open(self, *, painter: bool, gallery_thread: threading.Thread | None) -> None:
        self._greet(painter=painter)
        if gallery_thread:
            gallery_thread.start()

    def _greet(self, *, painter: bool) -> None:
        self.stdout.write(
            BANNER.format(
                url=settings.PUBLIC_URL,
                demo=ACCOUNTS[0],
                staff=ACCOUNTS[1],
                data=settings.DATA_DIR,
                painter=DEMO_GENERATOR if painter else _at_runpod(),
            )
        )
        self.stdout.flush()


@contextlib.contextmanager
def _interruptions() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set, besides what they did before.

    The exception that they raise can get lost while the demo starts: Python ignores it in a
    destructor or a callback of a weak reference, Twisted in one of its callbacks.
    """
    interrupted = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    handled = [number for number, handler in before.items() if callable(handler)]
    for number in handled:
        signal.signal(number, note)
    try:
        yield interrupted
    finally:
        for number in handled:
            signal.signal(number, before[number])


def _end() -> NoReturn:
    """End the process without waiting for its threads.

    A request that was canceled can leave a thread that waits for the event loop. The loop has
    ended, and the interpreter would wait for that thread forever.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _span(seconds: float | tuple[float, float]) -> str:
    ends = seconds if isinstance(seconds, tuple) else (seconds,)
    return "-".join(f"{end:g}" for end in ends)


def _at_runpod() -> str:
    return (
        AT_RUNPOD if reachability.by_runpod(settings.PUBLIC_URL) else f"{AT_RUNPOD}{NOT_REACHABLE}"
    )


@contextlib.contextmanager
def _emulator(port: int, behavior: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the emulator as a child process, which ends when its input is closed."""
    # Not through manage.py: without Django it starts in half the time.
    command = [
        sys.executable,
        "-m",
        "generation.demo.emulator",
        "--port",
        str(port),
        "--exit-with-parent",
        *behavior,
    ]
    child = subprocess.Popen(  # noqa: S603 a constant command
        command,
        cwd=BASE_DIR,
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
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise CommandError("The RunPod emulator did not start.")


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
    beat_service = beat.Service(app, scheduler_cls=beat.Scheduler)
    threads = [
        threading.Thread(target=worker.start, name="worker", daemon=True),
        threading.Thread(target=beat_service.start, name="beat", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        beat_service.stop()
        worker.stop(in_sighandler=False)
        for thread in threads:
            thread.join(timeout=5)


@contextlib.contextmanager
def _sample_gallery() -> Iterator[threading.Thread]:
    """Yield a thread that, once started, adds the sample images to Explore."""
    call_command(
        "create_user", GALLERY_OWNER, "--name", "Nora", stdout=io.StringIO(), stderr=io.StringIO()
    )
    owner, staff = (User.objects.get(email=email) for email in (GALLERY_OWNER, ACCOUNTS[1][0]))
    ended = threading.Event()

    def fill() -> None:
        wait = GALLERY_DELAY_SECONDS
        while not ended.wait(wait) and sample_gallery.step(owner=owner, staff=staff):
            wait = GALLERY_STEP_SECONDS
        connection.close()

    thread = threading.Thread(target=fill, name="sample gallery", daemon=True)
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
