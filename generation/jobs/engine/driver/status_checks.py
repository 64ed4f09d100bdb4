"""Check the due jobs of a model at the provider: GET /status, many in one sweep."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from artgen.database import pooling
from generation.jobs import clients
from generation.jobs.budgets import spending
from generation.jobs.engine import (
    dispatch,
    failures,
    lifecycle,
    outages,
    submission_pauses,
    unread_replies,
)
from generation.jobs.engine.driver import trial_log
from generation.jobs.queue import scheduling
from generation.models import Job, Status
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused, ProviderError
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import OutputError
from generation.providers.provider import SYNCHRONOUS

log = logging.getLogger(__name__)

LEASE = clients.LONGEST_READ + timedelta(seconds=10)  # longer than any call made under it
MIN_INTERVAL = timedelta(seconds=2)  # between two checks of a job
READS_PER_SECOND = 100  # half of what the provider allows for an endpoint
MAX_JOBS = 400  # in one sweep

Replies = dict[UUID, JobReport | ProviderError]
"""By job id: the report, or the error of reading it."""


def check(slug: str) -> int:
    """Check all jobs of the model that are due, with one sweep; return how many."""
    claimed = lifecycle.claim_due(slug, limit=MAX_JOBS, lease=LEASE)
    jobs = [job for job in claimed if job.place.provider not in SYNCHRONOUS]
    if len(jobs) < len(claimed):
        _look_after([job for job in claimed if job.place.provider in SYNCHRONOUS])
    if jobs:
        interval = _interval(jobs)
        pooling.give_back()  # the sweep may take seconds
        for of_provider, replies in read_statuses(jobs):
            apply(of_provider, replies, interval=interval)
    if len(claimed) == MAX_JOBS:
        dispatch.check(slug)
    return len(claimed)


def _look_after(jobs: Sequence[Job]) -> None:
    """Wake threads for jobs that wait for a call, and end those whose call has no reply."""
    now = timezone.now()
    for job in jobs:
        with failures.isolated(job, code=failures.PERHAPS_PAID), suppress(lifecycle.Stale):
            over_at = scheduling.gone_at(job.submitted_at or now, provider=job.place.provider)
            if job.runpod_id and over_at > now:
                lifecycle.postpone([job], until=over_at)
            elif job.runpod_id:
                failures.end_perhaps_paid(job, "its process has ended during the call")
            elif job.deadline_at and job.deadline_at <= now:
                _fail_at_deadline(job, job.deadline_at)
            else:
                lifecycle.postpone([job], until=now + MIN_INTERVAL)
                dispatch.make()


def _interval(jobs: Sequence[Job]) -> timedelta:
    """Return the time until the next check, so that the model's reads stay in READS_PER_SECOND."""
    if len(jobs) < MIN_INTERVAL.total_seconds() * READS_PER_SECOND / 2:
        return MIN_INTERVAL  # too few to count all
    at_provider = Job.objects.at_provider().filter(model=jobs[0].model).count()
    return max(MIN_INTERVAL, timedelta(seconds=at_provider / READS_PER_SECOND))


def read_statuses(jobs: Sequence[Job]) -> Iterator[tuple[list[Job], Replies]]:
    """Yield the jobs of each provider when it has replied, with their statuses.

    A status is read of each job whose remote job, or a candidate for it, is known.
    """
    by_provider: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_provider[job.place.provider].append(job)
    if len(by_provider) == 1:
        yield from ((of_one, _replies(name, of_one)) for name, of_one in by_provider.items())
        return
    with ThreadPoolExecutor(len(by_provider), thread_name_prefix="status") as pool:
        reads = {
            pool.submit(copy_context().run, _replies, name, of_one): of_one
            for name, of_one in by_provider.items()
        }
        failed = []
        for read in as_completed(reads):
            if read.exception():
                failed.append(read)
            else:
                yield reads[read], read.result()
    for read in failed:
        read.result()  # raises, after the replies of the other providers have been stored


def _replies(provider: str, jobs: Sequence[Job]) -> Replies:
    refs = {
        job.id: (job.place.endpoint_id, remote_id)
        for job in jobs
        if (remote_id := job.runpod_id or _candidate(job))
    }
    outcomes = clients.of(provider).reports(list(refs.values())) if refs else {}
    return {job_id: outcomes[ref] for job_id, ref in refs.items() if ref in outcomes}


def _candidate(job: Job) -> str:
    """Return the remote job to ask for after a POST of unknown fate: of a webhook, or by our id."""
    if not scheduling.post_has_ended(job, now=timezone.now()):
        return ""
    return job.candidate_id or clients.own_id(job)


@dataclass
class _Changes:
    """Changes that are alike, each list to be stored with one statement."""

    running: list[tuple[Job, lifecycle.JobProgress]] = field(default_factory=list)
    finished: list[tuple[Job, lifecycle.Finished]] = field(default_factory=list)
    unchanged: list[Job] = field(default_factory=list)


def apply(jobs: Sequence[Job], replies: Replies, *, interval: timedelta) -> None:
    """Store what the provider reports about each job; check active ones again after `interval`."""
    trial_log.note_replies(jobs, replies)
    now = timezone.now()
    changes = _Changes()
    for job in jobs:
        with failures.isolated(job, code="provider_error"):
            try:
                _apply(job, replies.get(job.id), changes, now=now, interval=interval)
            except lifecycle.Stale:
                log.info("the job changed during its status check", extra=job.log_fields)
    later = now + interval
    _store_together(changes.finished, lifecycle.begin_storing)
    _store_together(changes.running, lambda rows: lifecycle.store_progress(rows, until=later))
    _store_together(
        [(job, None) for job in changes.unchanged],
        lambda rows: lifecycle.postpone([job for job, _ in rows], until=later),
    )
    if changes.finished:
        dispatch.store()
    if len(changes.unchanged) + len(changes.running) < len(jobs):
        _submit_waiting(jobs)


def _apply(
    job: Job,
    reply: JobReport | ProviderError | None,
    changes: _Changes,
    *,
    now: datetime,
    interval: timedelta,
) -> None:
    """Add the job's change to `changes`, or store it if it is a rare one. Raises Stale."""
    if isinstance(reply, KeyRefused | EndpointMissing):
        outages.start(job.place, reply)
        lifecycle.postpone([job], until=now + outages.RECHECK_INTERVAL)
    elif not job.runpod_id:
        _check_unknown(job, reply, now)
    elif isinstance(reply, JobReport) and reply.state.final:
        if result := finished(job, reply):
            changes.finished.append((job, result))
    elif job.deadline_at and job.deadline_at <= now:
        _fail_at_deadline(job, job.deadline_at)
        dispatch.stop()
    elif isinstance(reply, Gone):
        failures.handle_missing(job, reply, now)
    elif isinstance(reply, JobReport):
        progress = _progress(job, reply)
        if progress:
            changes.running.append((job, progress))
        else:
            changes.unchanged.append(job)
    elif retry_after := getattr(reply, "retry_after", None):
        pause = min(timedelta(seconds=retry_after), submission_pauses.MAX_RETRY_AFTER)
        lifecycle.postpone([job], until=now + max(interval, pause))
    else:
        changes.unchanged.append(job)


def _store_together(
    rows: Sequence[tuple[Job, Any]], store: Callable[[Sequence[tuple[Job, Any]]], object]
) -> None:
    """Store a change of all rows with one call; one call per row if that fails."""
    if not rows:
        return
    try:
        store(rows)
    except Exception:
        log.exception("a change of %d jobs failed; trying each job separately", len(rows))
        for row in rows:
            with failures.isolated(row[0], code="provider_error"):
                store([row])


def _submit_waiting(jobs: Sequence[Job]) -> None:
    """Submit queued jobs of the same models: some jobs have ended and left places."""
    for model_id, slug in {job.model_id: job.model.slug for job in jobs}.items():
        if scheduling.is_waiting(model_id):
            dispatch.submit(slug)


def _progress(job: Job, report: JobReport) -> lifecycle.JobProgress | None:
    """Return the job's progress, None if nothing is new. Reports may be late or out of order."""
    begun = report.state is RemoteState.RUNNING and job.status == Status.SUBMITTED
    further = report.progress is not None and report.progress > (job.progress or 0)
    if further or (begun and report.progress is not None):
        return lifecycle.JobProgress(
            progress=report.progress, step=report.step, step_count=report.steps
        )
    if begun or job.missing_since:
        return lifecycle.JobProgress(
            progress=job.progress, step=job.step, step_count=job.step_count
        )
    return None


def finished(job: Job, report: JobReport) -> lifecycle.Finished | None:
    """Return the result of a job that has ended; None if it failed and has been moved."""
    charge = spending.charge_in(report)
    try:
        result = unread_replies.read(job, report)
    except OutputError as error:
        failures.give_up(job, error, report=report, charge=charge)
        return None
    return lifecycle.Finished(
        delay_ms=report.delay_ms,
        execution_ms=report.execution_ms,
        result=result.as_json(),
        host=result.host,
        cost=charge.usd,
    )


def _check_unknown(job: Job, reply: JobReport | ProviderError | None, now: datetime) -> None:
    """Adopt the candidate if the provider confirms it; submit again once its ttl has passed."""
    submitted_at = job.submitted_at or now
    gone_at = scheduling.gone_at(submitted_at, provider=job.place.provider)
    later = min(gone_at, job.deadline_at or gone_at)
    if isinstance(reply, JobReport):
        try:
            lifecycle.adopt_candidate(job, remote_id=_candidate(job))
        except lifecycle.Stale:
            lifecycle.reject_candidate(job, until=later)
        else:
            dispatch.check(job.model.slug)
    elif isinstance(reply, Gone) and (later > now or not clients.own_id(job)):
        lifecycle.reject_candidate(job, until=later)
    elif job.deadline_at and job.deadline_at <= now:
        _fail_at_deadline(job, job.deadline_at)
    elif job.candidate_id or (clients.own_id(job) and not isinstance(reply, Gone)):
        until = max(now + MIN_INTERVAL, submitted_at + scheduling.SUBMISSION)
        lifecycle.postpone([job], until=until)
    elif gone_at > now:
        lifecycle.postpone([job], until=later)
    else:
        lifecycle.retry_attempt(
            job,
            code="gpu_lost",
            detail=reply.full_text if reply else "no webhook within RunPod's ttl",
        )


def _fail_at_deadline(job: Job, deadline_at: datetime) -> None:
    lifecycle.fail(job, code="deadline", detail=f"deadline {deadline_at.isoformat()} passed")
