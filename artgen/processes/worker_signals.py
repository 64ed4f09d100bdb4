"""What ArtGen adds to Celery's workers, which import it by CELERY_IMPORTS."""

import logging
import os
import threading
import time
from typing import Any

from celery import signals
from django.conf import settings
from django.utils.module_loading import import_string

from artgen.logs import telemetry

log = logging.getLogger(__name__)

_deadlines: dict[str, float] = {}


@signals.celeryd_after_setup.connect
def prepare(sender: str, **_: object) -> None:
    """Check for alerts beside the lane `drive`."""
    if sender.startswith("drive@"):
        watch = import_string(settings.WATCH)
        threading.Thread(target=watch, args=(threading.Event(),), name="watch", daemon=True).start()


@signals.task_prerun.connect
def set_deadline(task_id: str, task: Any, **_: object) -> None:
    """Store when the task exceeds its limit, which Celery enforces in a prefork pool only."""
    limit = task.time_limit or settings.CELERY_TASK_TIME_LIMIT
    _deadlines[task_id] = time.monotonic() + limit


@signals.task_postrun.connect
def forget_deadline(task_id: str, **_: object) -> None:
    _deadlines.pop(task_id, None)


@signals.heartbeat_sent.connect
def end_if_task_hangs(**_: object) -> None:
    """End a worker with a task that exceeds its limit: threads cannot be killed."""
    if any(deadline < time.monotonic() for deadline in list(_deadlines.values())):
        log.critical("a task exceeded its time limit")
        telemetry.flush()
        os._exit(1)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def flush(**_: object) -> None:
    """Send what waits: children end without `atexit`."""
    telemetry.flush()
