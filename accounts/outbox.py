"""Emails on their way out: a row in the caller's transaction, sent and deleted by a Celery task.

The row is what counts: a message to the worker only makes it look at once, and Celery beat makes
it look every minute. So no email is lost with a broker, a worker or a mail server that is down. A
worker that dies between sending and deleting sends an email twice.
"""

import logging
import smtplib
import time
from datetime import datetime, timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import OutgoingEmail
from artgen import pooling
from artgen.celery import send_message

log = logging.getLogger(__name__)

TASK = "accounts.send_emails"
RUN_SECONDS = 30  # of one task: a worker that stops waits for it
LEASE = timedelta(minutes=5)  # longer than one email takes; EMAIL_TIMEOUT is that of one SMTP reply
FIRST_PAUSE = timedelta(minutes=1)  # after a failure; doubled each time
MAX_ATTEMPTS = 10  # over eight and a half hours
FAILED_KEPT = timedelta(days=7)
MAX_ERROR_LENGTH = 400


def enqueue(email: EmailMessage, *, discard: bool = False) -> None:
    """Write the email to the outbox; it is sent after commit.

    With `discard` the row is deleted without being sent: the request then takes the same time
    whether or not there is an account to write to.
    """
    (recipient,) = email.to
    OutgoingEmail.objects.create(
        recipient="" if discard else recipient, subject=str(email.subject), body=str(email.body)
    )
    transaction.on_commit(partial(send_message, TASK), robust=True)


def send_due() -> None:
    """Send the emails that are due, for RUN_SECONDS at most."""
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end and (email := _claim()):
        _deliver(email)


def delete_failed() -> None:
    """Delete emails that were given up more than FAILED_KEPT ago."""
    old = timezone.now() - FAILED_KEPT
    OutgoingEmail.objects.filter(due_at=None, created_at__lt=old).delete()


def _claim() -> OutgoingEmail | None:
    """Lease the email that has been due longest, so that no other task sends it as well."""
    now = timezone.now()
    waiting = OutgoingEmail.objects.filter(due_at__lte=now).order_by("due_at", "id")
    while email := waiting.first():
        leased = OutgoingEmail.objects.filter(pk=email.pk, due_at=email.due_at)
        if leased.update(due_at=now + LEASE, attempts=F("attempts") + 1):
            email.attempts += 1
            return email
    return None


def _deliver(email: OutgoingEmail) -> None:
    pooling.give_back()  # the mail server may take seconds
    try:
        if email.recipient:
            EmailMessage(email.subject, email.body, to=[email.recipient]).send()
    except Exception as error:  # noqa: BLE001 each mail backend has exceptions of its own
        _postpone(email, error)
    else:
        email.delete()


def _postpone(email: OutgoingEmail, error: Exception) -> None:
    """Set the time of the next attempt, or give up and erase the text."""
    fields: dict[str, str | datetime | None] = {"last_error": repr(error)[:MAX_ERROR_LENGTH]}
    extra = {"email": str(email.pk), "subject": email.subject, "attempt": email.attempts}
    if email.attempts >= MAX_ATTEMPTS or _is_permanent(error):
        log.error("email given up", extra=extra, exc_info=error)
        fields |= {"due_at": None, "body": ""}
    else:
        log.warning("email not sent yet", extra=extra, exc_info=error)
        fields["due_at"] = timezone.now() + FIRST_PAUSE * 2 ** (email.attempts - 1)
    OutgoingEmail.objects.filter(pk=email.pk).update(**fields)


def _is_permanent(error: Exception) -> bool:
    """Return whether the server refused the recipient permanently (5xx, RFC 5321, 4.2.1)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _text in error.recipients.values()
    )
