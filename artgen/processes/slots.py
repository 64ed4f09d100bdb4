"""Slots of a lane: threads that stay, and run the tasks that `wakeups` has for the lane."""

import logging
import threading
from collections import defaultdict
from uuid import uuid4

from celery import signals
from redis.exceptions import RedisError

from artgen.database.breaker import PAUSE_SECONDS
from artgen.processes.celery import app
from artgen.redis import wakeups

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.1


class Slots:
    """`number` threads, of which one waits for the next task and the others sleep or run one.

    A call that runs already is started again when that ends, once for all that come meanwhile: it
    then finds more that is due. After PATIENCE_SECONDS it runs beside the other, which may hang.
    """

    def __init__(self, lane: str, number: int) -> None:
        self.lane = lane
        self._turn = threading.Lock()
        self._waiting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._stay, name=f"{lane} {position}", daemon=True)
            for position in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Return when the running tasks have ended."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _stay(self) -> None:
        while not self._ending.is_set():
            with self._turn:
                words = self._next()
            if words:
                self._run(words)

    def _run(self, words: list[str]) -> None:
        waiting, running = self._waiting[str(words)], self._running[str(words)]
        if not waiting.acquire(blocking=False):
            return
        is_alone = running.acquire(timeout=PATIENCE_SECONDS)
        waiting.release()
        try:
            run(*words)
        finally:
            if is_alone:
                running.release()

    def _next(self) -> list[str] | None:
        try:
            return None if self._ending.is_set() else wakeups.take(self.lane)
        except RedisError:  # the tick adds everything again
            self._ending.wait(PAUSE_SECONDS)
            return None


def run(name: str, *arguments: str) -> None:
    """Run a task with the signals that Celery sends for a message, and log what it raises."""
    task, task_id = app.tasks.get(name), str(uuid4())
    if task is None:
        log.error("unknown task", extra={"task": name})  # of another version
        return
    signals.task_prerun.send(sender=task, task_id=task_id, task=task)
    try:
        task(*arguments)
    except Exception:
        log.exception("task failed")
    finally:
        signals.task_postrun.send(sender=task, task_id=task_id, task=task)
