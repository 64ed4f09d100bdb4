"""Celery workers: one process per lane, forked from a parent that has loaded everything.

`python -m artgen.worker [LANE…]`, all lanes by default. Each lane has its own queue, so long tasks
do not delay short ones: `drive` calls RunPod, `store` downloads and encodes, `slow` sends emails,
exports and cleans up. Tasks mostly wait for the network, so they run in threads. The lanes share
the memory of what was loaded before the fork.

One more process checks for alerts, without Celery.

The parent restarts a lane that has died. On SIGTERM or SIGINT it stops all; running tasks are
finished. It touches ALIVE_FILE while every lane reaches the broker and no task exceeds its limit.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

# Removed from the environment: each lane has a file of its own, see `_run`.
ALIVE_FILE = os.environ.pop("ALIVE_FILE", "")

import django  # noqa: E402 after ALIVE_FILE is removed
from celery import signals  # noqa: E402
from celery.apps import worker as celery_worker  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from artgen import preloading  # noqa: E402
from artgen.celery import app  # noqa: E402
from artgen.observability import celery_health, telemetry  # noqa: E402

log = logging.getLogger(__name__)

LANES = {
    "drive": min(32, 4 * settings.CELERY_WORKER_CONCURRENCY),
    "store": settings.STORE_CONCURRENCY,
    "slow": 4,
}
"""Threads of each lane.

Those of `drive` wait for RunPod: an endpoint that does not answer occupies two of them. `slow` runs
two exports, the clean-up and, with the last one, emails, which must not wait for the others.
"""

WATCH = "watch"
"""The process that checks for alerts (settings.WATCH), forked as a lane is."""

NICENESS = {"store": 5, "slow": 10, WATCH: 5}
"""Images are encoded, and exports written, with what people's requests leave of the CPU."""

# Celery writes of its end past all streams, so not as a line of the log.
celery_worker.safe_say = lambda *_: None

ALIVE_SECONDS = 30
RESTART_SECONDS = 1.0


def main(lanes: list[str]) -> int:
    """Run these lanes until a signal arrives; return the exit status."""
    if unknown := set(lanes) - set(LANES):
        print(f"Unknown lane {min(unknown)!r}; lanes: {', '.join(LANES)}.", file=sys.stderr)  # noqa: T201
        return 2
    django.setup()
    app.finalize(auto=True)
    app.loader.import_default_modules()
    preloading.load()
    import_string(settings.WATCH)  # loaded before the fork, too
    return _Parent(lanes or list(LANES)).run()


class _Parent:
    def __init__(self, lanes: list[str]) -> None:
        self._lanes = lanes
        self._running: dict[int, str] = {}
        self._ending = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._end)
        for lane in [*self._lanes, WATCH]:
            self._start(lane)
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                self._touch()
                time.sleep(0.5)
                continue
            lane = self._running.pop(pid)
            if not self._ending:
                log.error(
                    "the lane %s ended with %s and is restarted",
                    lane,
                    os.waitstatus_to_exitcode(status),
                )
                time.sleep(RESTART_SECONDS)
                if not self._ending:
                    self._start(lane)
        return 0

    def _start(self, lane: str) -> None:
        if pid := os.fork():
            self._running[pid] = lane
            return
        status = 1
        try:
            (_run_watch if lane == WATCH else _run)(lane, os.getppid())
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        finally:
            telemetry.flush()
            logging.shutdown()
            os._exit(status)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True
        for pid in self._running:
            os.kill(pid, number)

    def _touch(self) -> None:
        if not ALIVE_FILE:
            return
        now = time.time()
        files = [_alive_file(lane) for lane in self._lanes]
        if all(file.exists() and now - file.stat().st_mtime < ALIVE_SECONDS for file in files):
            Path(ALIVE_FILE).touch()


def _run(lane: str, parent: int) -> None:
    """Run one lane until a signal arrives."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if lane == "slow" and settings.DB_STATEMENT_TIMEOUT_OPTION:  # the clean-up may take long
        options = connections.settings["default"]["OPTIONS"]
        options["options"] = options["options"].removesuffix(settings.DB_STATEMENT_TIMEOUT_OPTION)
    os.nice(NICENESS.get(lane, 0))
    if ALIVE_FILE:
        _alive_file(lane).unlink(missing_ok=True)
        celery_health.watch(str(_alive_file(lane)))
    _Watch(lane, parent).start()
    worker = app.Worker(
        # Celery expands %h only on its own command line.
        hostname=f"{lane}@{os.environ.get('WORKER_NAME') or socket.gethostname()}",
        pool="threads",
        concurrency=LANES[lane],
        queues=[lane],
        without_gossip=True,
        without_mingle=True,
        quiet=True,  # no banner
        loglevel=settings.LOG_LEVEL,
    )
    worker.start()
    sys.exit(worker.exitcode)


def _run_watch(lane: str, parent: int) -> None:
    """Check for alerts until a signal arrives."""
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: end.set())
    os.nice(NICENESS[lane])
    _Watch(lane, parent).start()
    import_string(settings.WATCH)(end)


def _alive_file(lane: str) -> Path:
    return Path(f"{ALIVE_FILE}.{lane}")


class _Watch:
    """Ends this process if its parent is gone or a task exceeds its time limit.

    Threads cannot be killed.
    """

    def __init__(self, lane: str, parent: int) -> None:
        self._lane, self._parent = lane, parent
        self._deadlines: dict[str, float] = {}
        signals.task_prerun.connect(self._task_started, weak=False)
        signals.task_postrun.connect(self._task_ended, weak=False)

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _task_started(self, task_id: str, task: Any, **_: Any) -> None:
        self._deadlines[task_id] = time.monotonic() + (
            task.time_limit or settings.CELERY_TASK_TIME_LIMIT
        )

    def _task_ended(self, task_id: str, **_: Any) -> None:
        self._deadlines.pop(task_id, None)

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            if os.getppid() != self._parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return
            if any(deadline < time.monotonic() for deadline in list(self._deadlines.values())):
                log.critical("a task of the lane %s exceeded its time limit", self._lane)
                telemetry.flush()
                os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or os.environ.get("WORKER_LANES", "").split()))
