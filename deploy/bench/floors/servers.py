"""The floors that are processes of their own, ended with the block that started them."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from django.conf import settings

from deploy.bench.result import CannotMeasure
from generation.testing.services import answers, free_port

START_SECONDS = 60


@contextlib.contextmanager
def wsgi(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield address and process id of a gunicorn, set up as ArtGen's, with the bare application."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "deploy.bench.floors.wsgi:application",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    command += [
        "--worker-class=gthread",
        "--threads=4",
        f"--workers={min(8, os.cpu_count() or 1)}",
        "--keep-alive=5",
    ]
    command += ["--no-control-socket", "--log-level=warning"]
    with _process(command, port, environment) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextlib.contextmanager
def fanout(redis_url: str) -> Iterator[str]:
    port = free_port()
    with _process(
        [sys.executable, "-m", "deploy.bench.floors.fanout", str(port), redis_url],
        port,
        dict(os.environ),
    ):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def blocking_workers(environment: dict[str, str], *, count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "deploy.bench.floors.blocking", "worker"]
    command += [
        "--pool=prefork",
        f"--concurrency={count}",
        "--without-gossip",
        "--without-mingle",
        "--loglevel=ERROR",
    ]
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


@contextlib.contextmanager
def _process(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log
        )
        try:
            limit = time.monotonic() + START_SECONDS
            while not answers(port):
                if server.poll() is not None or time.monotonic() > limit:
                    log.seek(0)
                    raise CannotMeasure(
                        f"{command[2]} did not start: {log.read()[-500:].decode(errors='replace')}"
                    )
                time.sleep(0.02)
            yield server.pid
        finally:
            server.terminate()
            server.wait(START_SECONDS)
