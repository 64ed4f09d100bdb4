"""Calls of image servers, whose reply has the image: each holds a thread for as long as it takes.

A worker of the lane `slow` makes IMAGE_CALLS at once, so that its other tasks have threads. A job
that waits for one is SUBMITTED, which costs nothing; RUNNING is its single call. Nobody can ask
what became of a call that has ended without a reply: it is not made again, and the job fails as
perhaps paid.
"""

import logging
import threading
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction

from artgen.database import pooling
from generation.jobs.engine import dispatch, failures, lifecycle, unread_replies
from generation.jobs.engine.driver import live_reports, status_checks, submission, trial_log
from generation.jobs.engine.driver.submission import Outcome
from generation.models import Job
from generation.providers.call_errors import (
    EndpointMissing,
    JobRefused,
    KeyRefused,
    NotAccepted,
    ProviderError,
)
from generation.providers.job_report import JobReport
from generation.providers.provider import Submission

log = logging.getLogger(__name__)

NOT_MADE = (NotAccepted, JobRefused, KeyRefused, EndpointMissing, submission.NotSent)
KEPT_SECONDS = 120.0  # for which a reply waits in memory while PostgreSQL is away
PAUSE_SECONDS = 1.0
THREADS = threading.BoundedSemaphore(settings.IMAGE_CALLS)


def make() -> Job | None:
    """Make the call of the job that has waited longest, and return the job.

    None without one, and while this process makes as many calls as it may.
    """
    if not THREADS.acquire(blocking=False):
        return None
    try:
        job = _make()
    finally:
        THREADS.release()
    if job:
        dispatch.make()  # messages that came meanwhile may have done nothing
    return job


def _make() -> Job | None:
    job = lifecycle.begin_call()
    if job is None:
        return None
    dispatch.make()  # in another thread, if another job waits
    sent: dict[UUID, dict[str, Any]] = {}
    with failures.isolated(job, code=failures.PERHAPS_PAID):
        for outcomes in submission.post_all([job], sent=sent):
            ((_job, outcome),) = outcomes
            _keep(job, outcome)
            trial_log.note_posts(outcomes, sent)
            if isinstance(outcome, Submission) and outcome.report:
                trial_log.note_replies([job], {job.id: outcome.report})
    dispatch.submit(job.model.slug)
    return job


def _keep(job: Job, outcome: Outcome) -> None:
    """Store the outcome. While PostgreSQL is away try again: only this thread has the image."""
    limit = time.monotonic() + KEPT_SECONDS
    while True:
        try:
            with suppress(lifecycle.Stale):
                _store(job, outcome)
        except DatabaseError:
            if time.monotonic() > limit:
                raise
            log.exception("the outcome of a call is not stored yet", extra=job.log_fields)
            pooling.give_back()
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _store(job: Job, outcome: Outcome) -> None:
    """Store the outcome, and judge the endpoint by it. Raises Stale."""
    if isinstance(outcome, Submission) and outcome.report:
        _store_reply(job, outcome.report)
        submission.judge(submission.endpoint_of(job), {"accepted"})
    elif isinstance(outcome, live_reports.JobEnded):
        return
    elif isinstance(outcome, NOT_MADE):
        job.started_at = None  # it costs nothing
        submission.store_outcomes([(job, outcome)])
    else:
        submission.judge(submission.endpoint_of(job), {"unclear"})
        error = outcome.full_text if isinstance(outcome, ProviderError) else repr(outcome)
        failures.end_perhaps_paid(job, error)


def _store_reply(job: Job, report: JobReport) -> None:
    """Move the job to STORING, with its image in the row. One that was canceled gets none."""
    finished = status_checks.finished(job, report)
    if finished is None:
        return
    with transaction.atomic():
        if lifecycle.begin_storing([(job, finished)]) and finished.result is None:
            unread_replies.keep_for_storing(job, report)
        dispatch.store()
