"""The only sender of what workers have to do, after the commit: they look for due jobs at once.

The rows say what is due, and the tick finds it without this, too.
"""

from functools import partial
from uuid import UUID

from django.db import transaction

from artgen.processes.celery import send_message
from artgen.redis import wakeups


def submit(slug: str) -> None:
    _wake("drive", "generation.submit", slug)


def check(slug: str) -> None:
    _wake("drive", "generation.check", slug)


def make() -> None:
    _wake("make", "generation.make")


def store() -> None:
    _wake("store", "generation.store")


def stop() -> None:
    _wake("drive", "generation.stop")


def probe() -> None:
    _wake("drive", "generation.probe")


def export(export_id: UUID) -> None:
    send = partial(send_message, "generation.export", str(export_id))
    transaction.on_commit(send, robust=True)


def _wake(lane: str, *entry: str) -> None:
    transaction.on_commit(partial(wakeups.add, lane, *entry), robust=True)
