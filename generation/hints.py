"""The only sender of Celery messages. A hint may be lost, doubled or late: the tick finds whatever is due anyway."""

import logging
from functools import partial
from uuid import UUID

from django.db import transaction

from artgen.celery import app

log = logging.getLogger(__name__)


def submit(slug: str, *, count: int = 1) -> None:
    """Hint, after commit, that `count` jobs of the model may be submitted."""
    _send("generation.submit", slug, count=count)


def check(job_id: UUID) -> None:
    """Hint, after commit, that RunPod has news of the job."""
    _send("generation.check", str(job_id))


def store(job_id: UUID) -> None:
    """Hint, after commit, that the job's pictures wait to be stored."""
    _send("generation.store", str(job_id))


def stop(job_id: UUID) -> None:
    """Hint, after commit, that RunPod must be told to stop the job."""
    _send("generation.stop", str(job_id))


def export(export_id: UUID) -> None:
    """Hint, after commit, that the next part of an export can be written."""
    _send("generation.export", str(export_id))


def _send(name: str, argument: str, *, count: int = 1) -> None:
    transaction.on_commit(partial(_send_now, name, argument, count), robust=True)


def _send_now(name: str, argument: str, count: int) -> None:
    # A broker that is down must not fail the request: the tick will find the job.
    try:
        for _ in range(count):
            app.send_task(name, args=[argument], retry=False, ignore_result=True, expires=60)
    except Exception as error:  # noqa: BLE001 each broker's client raises what it likes
        log.warning("hint not sent", extra={"task": name, "argument": argument, "error": str(error)})
