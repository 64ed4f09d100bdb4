"""The clock: sends the messages of CELERY_BEAT_SCHEDULE, from a thread beside the lane `drive`.

Each process with that lane has one, so the ticks go on as long as one of them runs.
"""

import logging
import time
from contextlib import suppress
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from django.core.cache import cache

from artgen.processes.celery import app
from artgen.redis.cache import CacheAway

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0  # while the broker does not respond


class SharedScheduler(Scheduler):
    """Celery's scheduler, of which several send a message once."""

    def apply_async(self, entry: ScheduleEntry, **options: Any) -> Any:
        """Send the message, unless another clock has just done so."""
        with suppress(CacheAway):
            if not cache.add(f"clock:{entry.name}", 1, timeout=max(1, entry.is_due().next / 2)):
                return None
        return super().apply_async(entry, **options)


def run() -> None:
    """Send what is due for as long as the process lives."""
    clock = SharedScheduler(app=app)
    while True:
        try:
            seconds = clock.tick()
        except Exception as error:  # noqa: BLE001 each broker's client has exceptions of its own
            log.warning("the clock has no broker", extra={"error": repr(error)})
            clock.close()
            seconds = PAUSE_SECONDS
        time.sleep(max(0.0, seconds))
