"""The names of the tasks that look for due jobs at once, sent after the commit.

The rows say what is due, and the tick finds it without this, too.
"""

from uuid import UUID

from artgen.processes import celery


def submit(slug: str) -> None:
    celery.send("generation.submit", slug)


def check(slug: str) -> None:
    celery.send("generation.check", slug)


def make() -> None:
    celery.send("generation.make")


def store() -> None:
    celery.send("generation.store")


def stop() -> None:
    celery.send("generation.stop")


def probe() -> None:
    celery.send("generation.probe")


def export(export_id: UUID) -> None:
    celery.send("generation.export", str(export_id))
