"""The only sender of Celery messages, after the commit. One asks a worker to look for due jobs.

The rows say what is due, and the tick finds it without messages, too. A message that is already
queued is not sent again: a mark in the cache says so, which the task removes before it reads any
row. Marks expire, so a lost message causes a delay of at most MARK_SECONDS.
"""

import logging
from functools import partial
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from artgen.processes.celery import app
from artgen.redis.cache import CacheAway

log = logging.getLogger(__name__)

MARK_SECONDS = 5


def submit(slug: str) -> None:
    _send("generation.submit", slug)


def check(slug: str) -> None:
    _send("generation.check", slug)


def store() -> None:
    _send("generation.store")


def stop() -> None:
    _send("generation.stop")


def probe() -> None:
    _send("generation.probe")


def export(export_id: UUID) -> None:
    transaction.on_commit(partial(_send_now, "generation.export", str(export_id)), robust=True)


def remove_mark(name: str, *arguments: str) -> None:
    """Remove a message's mark: what becomes due from now on needs another message."""
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
        return  # the broker is most likely unreachable, too
    _send_now(name, *arguments)


def _send_now(name: str, *arguments: str) -> None:
    # A broker that is down must not fail the request: the tick will find the job.
    try:
        app.send_task(name, args=arguments, retry=False, ignore_result=True, expires=60)
    except Exception as error:  # noqa: BLE001 depends on the broker's client
        log.warning(
            "message not sent", extra={"task": name, "arguments": arguments, "error": str(error)}
        )
        remove_mark(name, *arguments)


def _mark(name: str, arguments: tuple[str, ...]) -> str:
    return ":".join(("waiting", name, *arguments))
