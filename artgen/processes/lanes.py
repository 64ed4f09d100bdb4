"""The worker: a Celery worker for each lane of WORKER_LANES, by default all.

`python -m artgen.processes.lanes`. The parent loads the code before it forks the lanes, so that all
processes share that memory. A lane that ends is started again; on SIGTERM all finish their tasks.
"""

import logging
import os
import re
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import django
from celery.apps.worker import Worker
from celery.concurrency import get_implementation
from django.conf import settings
from django.db import connections

from artgen.database import connection_budget
from artgen.processes import celery_health, preloading
from artgen.processes.celery import app

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
PAUSE = 1.0  # seconds before a lane is started again

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    pool: str
    concurrency: int
    niceness: int
    is_limited: bool = True  # by DB_STATEMENT_TIMEOUT


LANES = {
    # Waits for RunPod: an endpoint that does not answer occupies two threads.
    "drive": Lane("threads", 32, niceness=0),
    # Downloads and encodes.
    "store": Lane(
        "prefork", settings.CELERY_WORKER_CONCURRENCY // settings.STORE_SLOTS, niceness=5
    ),
    # Two exports, the clean-up, which may take long, and emails, which must not wait for those.
    "slow": Lane("threads", 4, niceness=10, is_limited=False),
}


def main() -> None:
    """Run the lanes until SIGTERM or SIGINT, then until they have ended."""
    names = list(connection_budget.read().worker_lanes)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    django.setup()
    app.loader.import_default_modules()
    preloading.load()
    running = {_start(name): name for name in names}
    is_ending = False
    while running:
        if signal.sigwait(SIGNALS) != signal.SIGCHLD:
            is_ending = True
            for pid in running:
                os.kill(pid, signal.SIGTERM)
        for pid in list(running):
            if (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
                continue
            name, code = running.pop(pid), os.waitstatus_to_exitcode(ended[1])
            if not is_ending:
                shown = code if code >= 0 else 128 - code  # of a signal, as shells show it
                log.error("the lane %s ended with %d and is started again", name, shown)
                time.sleep(PAUSE)
                running[_start(name)] = name


def _start(name: str) -> int:
    """Fork the lane and return its process id."""
    if pid := os.fork():
        return pid
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with suppress(OSError):  # `ps` and `top` show it
        Path("/proc/self/comm").write_text(f"artgen-{name}")
    lane = LANES[name]
    os.nice(lane.niceness)
    _set_up_database(lane)
    celery_health.watch(f"{os.environ['ALIVE_FILE']}.{name}")
    worker = Worker(
        app,
        f"{name}@{os.environ.get('WORKER_NAME') or socket.gethostname()}",
        queues=[name],
        pool=get_implementation(lane.pool),
        concurrency=lane.concurrency,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


def _set_up_database(lane: Lane) -> None:
    """Change the settings of connections, of which none is open yet."""
    options = connections.settings["default"]["OPTIONS"]
    if lane.pool == "prefork":
        options["pool"]["max_size"] = settings.STORE_SLOTS
    if not lane.is_limited:
        options["options"] = re.sub(" -c statement_timeout=[0-9]+s", "", options["options"])


if __name__ == "__main__":
    main()
