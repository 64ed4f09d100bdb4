"""The only sender of Celery messages. A message says "look": what is due is in the rows, and the tick finds it anyway.

A message of a kind that still waits is not sent again: a mark in the cache says so, which the task removes when it
begins, before it reads any row. Marks end by themselves, so a lost message delays by MARK_SECONDS at most.
"""

import logging
from functools import partial
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from artgen.cache import CacheAway
from artgen.celery import app

log = logging.getLogger(__name__)

MARK_SECONDS = 5


def submit(slug: str) -> None:
    """Look, after commit, whether jobs of the model can be submitted."""
    _send("generation.submit", slug)


def check(slug: str) -> None:
    """Look, after commit, at the model's jobs at RunPod that are due."""
    _send("generation.check", slug)


def store() -> None:
    """Look, after commit, for finished jobs whose images are to be stored."""
    _send("generation.store")


def stop() -> None:
    """Look, after commit, for ended jobs that RunPod must be told to stop."""
    _send("generation.stop")


def probe() -> None:
    """Look, after commit, whether RunPod still refuses what it refused."""
    _send("generation.probe")


def export(export_id: UUID) -> None:
    """Write, after commit, the next part of an export."""
    transaction.on_commit(partial(_send_now, "generation.export", str(export_id)), robust=True)


def begun(name: str, *arguments: str) -> None:
    """Note that a message has been taken: whatever becomes due from now on needs another one."""
    try:
        cache.delete(_mark(name, arguments))
    except CacheAway:
        log.warning("mark not removed", extra={"task": name})


def _send(name: str, *arguments: str) -> None:
    transaction.on_commit(partial(_send_unless_waiting, name, *arguments), robust=True)


def _send_unless_waiting(name: str, *arguments: str) -> None:
    try:
        if not cache.add(_mark(name, arguments), 1, MARK_SECONDS):
            return
    except CacheAway:
        return  # the broker is most likely away, too
    _send_now(name, *arguments)


def _send_now(name: str, *arguments: str) -> None:
    # A broker that is down must not fail the request: the tick will find the job.
    try:
        app.send_task(name, args=arguments, retry=False, ignore_result=True, expires=60)
    except Exception as error:  # noqa: BLE001 each broker's client raises what it likes
        log.warning(
            "message not sent", extra={"task": name, "arguments": arguments, "error": str(error)}
        )
        begun(name, *arguments)


def _mark(name: str, arguments: tuple[str, ...]) -> str:
    return ":".join(("waiting", name, *arguments))
