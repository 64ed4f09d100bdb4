"""What to do with a job after an error, shared by `driver` and `storing`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import lifecycle, unread_replies
from generation.models import Job, Status
from generation.providers.call_errors import Gone
from generation.providers.job_report import JobReport
from generation.providers.payloads import OutputError

log = logging.getLogger(__name__)

ERROR_PAUSE = timedelta(seconds=60)  # after an unexpected error
MISSING_INTERVAL = timedelta(seconds=3)  # between two checks of a job unknown there
PERHAPS_PAID = "perhaps_paid"


@contextmanager
def isolated(job: Job, *, code: str) -> Iterator[None]:
    """Isolate an unexpected error to this job: log it, try again later, fail it at its deadline.

    Database errors of the postponement itself are raised.
    """
    try:
        yield
    except Exception as error:
        log.exception("unexpected error with a job", extra=job.log_fields)
        now = timezone.now()
        if job.deadline_at and job.deadline_at <= now:
            try:
                lifecycle.fail(job, code=code, detail=repr(error))
            except lifecycle.Stale:
                return
            except Exception:
                log.exception("a job could not be ended", extra=job.log_fields)
            else:
                return
        lifecycle.postpone([job], until=now + ERROR_PAUSE)


def give_up(job: Job, error: OutputError, *, report: JobReport, charge: Charge) -> None:
    """End an attempt without an image: retry it if that may help. Raises Stale."""
    if error.is_unread:
        unread_replies.keep(job, report, error, charge=charge)
    elif error.retryable:
        lifecycle.retry_attempt(job, code=error.code, detail=error.detail, charge=charge)
    else:
        lifecycle.fail(job, code=error.code, detail=error.detail, charge=charge)


def end_perhaps_paid(job: Job, detail: str) -> None:
    """Fail a job whose call was sent and has no reply, and count the expected cost. Raises Stale.

    Nobody can ask for its image, and another call might be paid for again: its owner decides.
    """
    lifecycle.fail(job, code=PERHAPS_PAID, detail=detail, charge=Charge(usd=None, has_run=True))


def handle_missing(job: Job, reply: Gone, now: datetime) -> None:
    """Retry a job that the provider has not known for RUNPOD_MISSING_SECONDS. Raises Stale.

    One whose images were to be stored is paid for, and fails.
    """
    limit = timedelta(seconds=settings.RUNPOD_MISSING_SECONDS)
    if job.missing_since is None or now - job.missing_since < limit:
        lifecycle.store_missing(job, until=now + MISSING_INTERVAL)
    elif job.status == Status.STORING:
        lifecycle.fail(job, code="storage", detail=reply.full_text)
    else:
        lifecycle.retry_attempt(job, code="gpu_lost", detail=reply.full_text)
