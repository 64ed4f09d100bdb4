"""Emails on their way out: a row in the caller's transaction, sent and deleted by a Celery task.

The row is what counts: a message to the worker only makes it look at once, and beat makes
it look every minute. So no email is lost with a broker, a worker or a mail server that is down. A
worker that dies between sending and deleting sends an email twice.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Min, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.emails import mail_errors
from accounts.models import OutgoingEmail
from accounts.sessions import encryption
from artgen.database import pooling
from artgen.database.due_rows import claim_due, pause_after, update_claimed
from artgen.processes import celery
from artgen.refusals import Refusal

PURPOSE = "accounts.outbox"  # part of the key of stored rows: never change it

log = logging.getLogger(__name__)

TASK = "accounts.send_emails"
RUN_SECONDS = 30  # of one task: a worker that stops waits for it
LEASE = timedelta(minutes=5)  # longer than one email takes; EMAIL_TIMEOUT is that of one SMTP reply
# As long as the links in emails are valid: a mail server may refuse everything for a weekend.
GIVE_UP_AFTER = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
FAILED_KEPT = timedelta(days=7)
MAX_ERROR_LENGTH = 400


class EmailState(TextChoices):
    WAITING = "waiting", gettext_lazy("not tried yet")  # not tried yet
    FAILING = "failing", gettext_lazy("failed, will be retried")  # tried, and will be tried again
    GIVEN_UP = "given_up", gettext_lazy("sending stopped")


class GivenUp(Refusal):
    """The email has no text any more; nothing was changed."""

    code = "email_given_up"
    status = 409
    text = gettext_lazy("Sending was stopped, and the text of this email was deleted.")


class BeingSent(Refusal):
    """The email has been sent, or a worker is sending it; nothing was changed."""

    code = "email_being_sent"
    status = 409
    text = gettext_lazy("The email is being sent.")


@dataclass(frozen=True)
class Totals:
    """Emails in each state, and since when the oldest is due."""

    by_state: dict[EmailState, int]
    due_since: datetime | None


def in_state(emails: QuerySet[OutgoingEmail], state: str | None) -> QuerySet[OutgoingEmail]:
    conditions = {
        EmailState.WAITING: Q(due_at__isnull=False, last_error=""),
        EmailState.FAILING: Q(due_at__isnull=False) & ~Q(last_error=""),
        EmailState.GIVEN_UP: Q(due_at=None),
    }
    return emails.filter(conditions[EmailState(state)]) if state in EmailState.values else emails


def state_of(email: OutgoingEmail) -> EmailState:
    if email.due_at is None:
        return EmailState.GIVEN_UP
    return EmailState.FAILING if email.last_error else EmailState.WAITING


def totals() -> Totals:
    emails = OutgoingEmail.objects.all()
    due = emails.filter(due_at__lte=timezone.now()).aggregate(since=Min("due_at"))
    return Totals({state: in_state(emails, state).count() for state in EmailState}, due["since"])


def send_now(email: OutgoingEmail) -> None:
    """Make an email due that waits for its next attempt; raise GivenUp or BeingSent."""
    if email.due_at is None:
        raise GivenUp
    # One that has been claimed has no error: it would be sent twice.
    waiting = OutgoingEmail.objects.filter(pk=email.pk, attempts=email.attempts)
    if not waiting.filter(Q(attempts=0) | ~Q(last_error="")).update(due_at=timezone.now()):
        raise BeingSent
    celery.send(TASK)


def enqueue(email: EmailMessage, *, discard: bool = False) -> None:
    """Write the email to the outbox; it is sent after commit.

    With `discard` the row is deleted without being sent: the request then takes the same time
    whether or not there is an account to write to.
    """
    (recipient,) = email.to
    OutgoingEmail.objects.create(
        recipient="" if discard else recipient,
        subject=str(email.subject),
        body=encryption.encrypt(str(email.body), purpose=PURPOSE),
    )
    celery.send(TASK)


def send_due() -> None:
    """Send the emails that are due, for RUN_SECONDS at most."""
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end and (
        email := claim_due(OutgoingEmail.objects.all(), lease=LEASE, last_error="")
    ):
        _deliver(email)


def delete_failed() -> None:
    """Delete emails that were given up more than FAILED_KEPT ago."""
    old = timezone.now() - FAILED_KEPT
    OutgoingEmail.objects.filter(due_at=None, created_at__lt=old).delete()


def _deliver(email: OutgoingEmail) -> None:
    pooling.give_back()  # the mail server may take seconds
    try:
        if email.recipient:
            EmailMessage(email.subject, text_of(email), to=[email.recipient]).send()
    except Exception as error:  # noqa: BLE001 each mail backend has exceptions of its own
        _postpone(email, error)
    else:
        email.delete()


def text_of(email: OutgoingEmail) -> str:
    return encryption.decrypt(email.body, purpose=PURPOSE) if email.body else ""


def _postpone(email: OutgoingEmail, error: Exception) -> None:
    """Set the time of the next attempt, or give up and erase the text."""
    fields: dict[str, str | datetime | None] = {
        "last_error": mail_errors.reply_of(error)[:MAX_ERROR_LENGTH]
    }
    extra = {"email": str(email.pk), "subject": email.subject, "attempt": email.attempts}
    now = timezone.now()
    if now - email.created_at >= GIVE_UP_AFTER or mail_errors.is_permanent(error):
        log.error("email given up", extra=extra, exc_info=error)
        fields |= {"due_at": None, "body": ""}
    else:
        log.warning("email not sent yet", extra=extra, exc_info=error)
        fields["due_at"] = now + pause_after(email.attempts)
    update_claimed(email, **fields)
