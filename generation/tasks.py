"""Celery's side: each task is one short look at what is due; a retry is a later `due_at`."""

from uuid import UUID

from celery import shared_task

from generation.jobs import dispatch, driver, heartbeat, outages, storing
from generation.operations import cleanup
from generation.user_data import exports


@shared_task(name="generation.submit")
def submit(slug: str) -> None:
    """Submit what fits of the model's queue."""
    dispatch.begun("generation.submit", slug)
    driver.submit(slug)


@shared_task(name="generation.check")
def check(slug: str) -> None:
    """Ask RunPod about the model's jobs that are due."""
    dispatch.begun("generation.check", slug)
    driver.check(slug)


@shared_task(name="generation.stop")
def stop() -> None:
    """Tell RunPod which jobs to stop."""
    dispatch.begun("generation.stop")
    driver.stop()


@shared_task(name="generation.probe")
def probe() -> None:
    """Ask whether RunPod still refuses what it refused."""
    dispatch.begun("generation.probe")
    outages.probe_due()


@shared_task(name="generation.store")
def store() -> None:
    """Store the images of finished jobs."""
    dispatch.begun("generation.store")
    storing.work()


@shared_task(name="generation.export", time_limit=1500)
def export_part(export_id: str) -> None:
    """Write the next part of an export."""
    exports.step(UUID(export_id))


@shared_task(name="generation.tick")
def tick() -> None:
    """Send messages for what is due, and let others see that somebody does."""
    driver.tick()
    exports.hint_due()
    heartbeat.beat()


@shared_task(name="generation.clean_up", time_limit=3000)
def clean_up() -> None:
    """Delete what is past its time."""
    cleanup.clean_up()
