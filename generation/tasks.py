"""Celery's side: each task is one short step, taking ids; a retry is a later due_at."""

from uuid import UUID

from celery import shared_task

from generation import driver, export, heartbeat, housekeeping


@shared_task(name="generation.submit")
def submit(slug: str) -> None:
    """Submit the fair next job of the model, if there is room."""
    driver.submit_next(slug)


@shared_task(name="generation.check")
def check(job_id: str) -> None:
    """Look at RunPod how the job is."""
    driver.check(UUID(job_id))


@shared_task(name="generation.store")
def store(job_id: str) -> None:
    """Copy the job's pictures into the bucket."""
    driver.store(UUID(job_id))


@shared_task(name="generation.stop")
def stop(job_id: str) -> None:
    """Tell RunPod to stop an ended job."""
    driver.stop(UUID(job_id))


@shared_task(name="generation.export", time_limit=1500)
def export_part(export_id: str) -> None:
    """Write the next part of an export."""
    export.step(UUID(export_id))


@shared_task(name="generation.tick")
def tick() -> None:
    """Do whatever is due, and let others see that somebody does."""
    driver.tick()
    export.hint_due()
    heartbeat.beat()


@shared_task(name="generation.clean_up", time_limit=3000)
def clean_up() -> None:
    """Forget what is past its time."""
    housekeeping.clean_up()
