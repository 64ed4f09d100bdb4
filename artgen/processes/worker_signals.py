"""What ArtGen adds to Celery's processes, which import it by CELERY_IMPORTS."""

import os
import threading
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings
from django.utils.module_loading import import_string

from artgen.logs import telemetry
from artgen.processes import preloading


@signals.celeryd_after_setup.connect
def prepare(instance: Any, **_: object) -> None:
    """Load what children share before they are forked; check for alerts beside the lane `drive`."""
    if instance.pool_cls.__module__.endswith("prefork"):
        preloading.load()
    if "drive" in instance.app.amqp.queues.consume_from:
        watch = import_string(settings.WATCH)
        threading.Thread(target=watch, args=(threading.Event(),), name="watch", daemon=True).start()


@signals.beat_init.connect
def watch_beat(**_: object) -> None:
    signals.after_task_publish.connect(show_life)


@signals.heartbeat_sent.connect  # of a worker: every 2 s, while the broker responds
def show_life(**_: object) -> None:
    """Write the process id into ALIVE_FILE, whose age `deploy/start.sh alive` checks."""
    if path := os.environ.get("ALIVE_FILE"):
        Path(path).write_text(str(os.getpid()))


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def flush(**_: object) -> None:
    """Send what waits: children end without `atexit`."""
    telemetry.flush()
