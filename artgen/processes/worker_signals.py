"""What ArtGen adds to Celery's processes, which import it by CELERY_IMPORTS."""

import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings
from django.utils.module_loading import import_string

from artgen.logs import telemetry
from artgen.processes import preloading


@signals.celeryd_after_setup.connect
def prepare(instance: Any, **_: object) -> None:
    """Load what children share before they are forked."""
    if instance.pool_cls.__module__.endswith("prefork"):
        preloading.load()
    signals.heartbeat_sent.connect(partial(show_life, instance), weak=False)


@signals.worker_ready.connect  # after the fork of beat, which must have no threads
def start_watch(sender: Any, **_: object) -> None:
    """Check for alerts beside the lane `drive`."""
    if "drive" in sender.app.amqp.queues.consume_from:
        watch = import_string(settings.WATCH)
        threading.Thread(target=watch, args=(threading.Event(),), name="watch", daemon=True).start()


def show_life(worker: Any, **_: object) -> None:
    """Write the process id into ALIVE_FILE, whose age `deploy/start.sh alive` checks.

    Celery calls it every 2 s while the broker responds. A worker whose beat has died ends, to be
    started again.
    """
    if path := os.environ.get("ALIVE_FILE"):
        Path(path).write_text(str(os.getpid()))
    if (beat := getattr(worker, "beat", None)) and not beat.is_alive():
        os.kill(os.getpid(), signal.SIGTERM)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def flush(**_: object) -> None:
    """Send what waits: children end without `atexit`."""
    telemetry.flush()
