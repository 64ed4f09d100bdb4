"""Celery tasks. Each is a short step over what is due; a retry is a later `due_at`."""

from uuid import UUID

from celery import shared_task

from accounts.webhooks import delivery
from accounts.webhooks import outbox as webhook_outbox
from generation.jobs.engine import driver, heartbeat, outages, storing
from generation.operations import cleanup
from generation.studio.prompt_helper import credit_charges
from generation.user_data import exports


@shared_task(name="generation.submit")
def submit(slug: str) -> None:
    driver.submit(slug)


@shared_task(name="generation.check")
def check(slug: str) -> None:
    driver.check(slug)


@shared_task(name="generation.make")
def make() -> None:
    driver.make()


@shared_task(name="generation.stop")
def stop() -> None:
    driver.stop()


@shared_task(name="generation.probe")
def probe() -> None:
    outages.probe_due()


@shared_task(name="generation.store")
def store() -> None:
    storing.store_due()


@shared_task(name="generation.export")
def export_part(export_id: str) -> None:
    exports.step(UUID(export_id))


@shared_task(name="generation.tick")
def tick() -> None:
    """Send the messages of what is due, and record the heartbeat."""
    driver.tick()
    exports.hint_due()
    delivery.hint_if_due()
    heartbeat.beat()


@shared_task(name=webhook_outbox.TASK)
def send_webhooks() -> None:
    delivery.send_due()


@shared_task(name="generation.release_prompt_calls")
def release_prompt_calls() -> None:
    """Return the credits of calls of the prompt helper whose process was killed."""
    credit_charges.release_expired()


@shared_task(name="generation.clean_up")
def clean_up() -> None:
    cleanup.clean_up()
