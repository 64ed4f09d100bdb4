"""What ArtGen adds to Celery's processes, which import it by CELERY_IMPORTS."""

import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

from celery import signals
from celery.beat import EmbeddedService, Scheduler
from django.conf import settings
from django.utils.module_loading import import_string

from artgen.logs import telemetry
from artgen.processes import preloading


@signals.celeryd_after_setup.connect
def prepare(instance: Any, **_: object) -> None:
    """Load what children share before they are forked; start what runs beside the lanes.

    That is the check for alerts beside `drive`, and Celery's schedule, as a thread, beside `slow`.
    """
    if instance.pool_cls.__module__.endswith("prefork"):
        preloading.load()
    lanes = instance.app.amqp.queues.consume_from
    if "drive" in lanes:
        watch = import_string(settings.WATCH)
        threading.Thread(target=watch, args=(threading.Event(),), name="watch", daemon=True).start()
    if "slow" in lanes:
        beat = EmbeddedService(instance.app, thread=True, scheduler_cls=Scheduler)  # keeps no file
        beat.start()
        signals.heartbeat_sent.connect(partial(end_without, beat), weak=False)


@signals.heartbeat_sent.connect  # of a worker: every 2 s, while the broker responds
def show_life(**_: object) -> None:
    """Write the process id into ALIVE_FILE, whose age `deploy/start.sh alive` checks."""
    if path := os.environ.get("ALIVE_FILE"):
        Path(path).write_text(str(os.getpid()))


def end_without(beat: threading.Thread, **_: object) -> None:
    """End the worker, to be started again, if its schedule has died."""
    if not beat.is_alive():
        os.kill(os.getpid(), signal.SIGTERM)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def flush(**_: object) -> None:
    """Send what waits: children end without `atexit`."""
    telemetry.flush()
