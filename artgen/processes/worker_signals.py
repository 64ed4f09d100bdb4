"""What ArtGen adds to Celery's workers, which import it by CELERY_IMPORTS."""

import logging
import math
import os
import signal
import threading
import time
from typing import Any

from celery import signals
from django.conf import settings
from django.utils.module_loading import import_string

from artgen.logs import telemetry
from artgen.processes import clock
from artgen.processes.slots import Slots

log = logging.getLogger(__name__)

_deadlines: dict[str, float] = {}
_setting_alarm = threading.Lock()
_slots: list[Slots] = []


@signals.celeryd_after_setup.connect
def prepare(sender: str, instance: Any, **_: object) -> None:
    """Start the slots of the lane; beside the lane `drive` also the clock and the alerts."""
    if sender.startswith("store@"):
        signals.worker_process_init.connect(start_slots)  # in each child
    if sender.startswith("slow@"):
        # Webhooks only: one sends, and one continues while the other waits for slow receivers.
        _slots.append(Slots("slow", 2))
        # Calls that take as long as an image. They wait for HTTP, and need no process.
        _slots.append(Slots("make", settings.IMAGE_CALLS if settings.HAS_IMAGE_SERVERS else 1))
    if sender.startswith("drive@"):
        _slots.append(Slots("drive", instance.concurrency))
        watch = import_string(settings.WATCH)
        threading.Thread(target=watch, args=(threading.Event(),), name="watch", daemon=True).start()
        threading.Thread(target=clock.run, name="clock", daemon=True).start()


def start_slots(**_: object) -> None:
    """Start the slots of a child that stores images. The kernel ends one of which a task hangs."""

    def set_alarm(**_: object) -> None:
        with _setting_alarm:
            left = min(_deadlines.copy().values(), default=None)
            signal.alarm(0 if left is None else max(1, math.ceil(left - time.monotonic())))

    signals.task_prerun.connect(set_alarm, weak=False)
    signals.task_postrun.connect(set_alarm, weak=False)
    # One slot each: those of the same `Slots` would wait for each other.
    _slots.extend(Slots("store", 1) for _ in range(settings.STORE_SLOTS))


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def end_slots(**_: object) -> None:
    """Wait until the slots of this process have ended their tasks."""
    for slots in _slots:
        slots.end()


@signals.task_prerun.connect
def set_deadline(task_id: str, task: Any, **_: object) -> None:
    """Store when the task exceeds its limit, which Celery enforces in a prefork pool only."""
    _deadlines[task_id] = time.monotonic() + _limit(task)


def _limit(task: Any) -> int:
    return int(task.time_limit or settings.CELERY_TASK_TIME_LIMIT)


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
