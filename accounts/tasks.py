"""Celery tasks of the accounts app."""

from celery import shared_task

from accounts.emails import outbox


@shared_task(name=outbox.TASK)
def send_emails() -> None:
    """Send the emails that are due, and forget those given up long ago."""
    outbox.send_due()
    outbox.delete_failed()
