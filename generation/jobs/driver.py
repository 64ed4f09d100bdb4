"""The engine: submit (POST /run), check (GET /status), stop (POST /cancel), each for all jobs of a model that are due.

Each step is short; nobody waits for a GPU, and nothing is downloaded here: `storing` does that. Messages, webhooks, the
tick, admin actions and commands all end here. Whoever holds a job's lease does the step; everything is found again by
the tick when a step, a message or a whole machine gets lost.
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from artgen import pooling
from generation.jobs import (
    circuit_breaker,
    clients,
    dispatch,
    lifecycle,
    model_rows,
    outages,
    scheduling,
    sources,
    webhook_tokens,
)
from generation.jobs.payloads import (
    input_of,
)
from generation.models import AT_RUNPOD, ImageModel, Job, ProviderOutage, Status
from generation.runpod import payloads
from generation.runpod.client import Submission
from generation.runpod.payloads import OutputError, PayloadError
from generation.runpod.report import Report, State
from generation.runpod.verdicts import (
    EndpointMissing,
    Gone,
    KeyRefused,
    NotAccepted,
    Refused,
    RunPodError,
)

log = logging.getLogger(__name__)

CHECK_LEASE = timedelta(
    seconds=max(60, clients.LIMITS.longest_seconds + 10)
)  # longer than any call made under it
LOOK_EVERY = timedelta(seconds=2)
READS_PER_SECOND = 100  # half of what RunPod allows an endpoint
MISSING_LOOK = timedelta(seconds=3)
REFUSED_LOOK = timedelta(seconds=10)  # while RunPod refuses the key or does not have the endpoint
SOURCE_PAUSE = timedelta(seconds=10)  # while the bucket does not give a source image
TROUBLE_PAUSE = timedelta(seconds=60)
MAX_CHECKS = 400  # with one sweep
MAX_POSTS = 32  # side by side
MAX_STOPS = 20

OPEN_MODEL = f"""
    SELECT {model_rows.columns(ImageModel)} FROM generation_imagemodel AS model
    WHERE slug = %s AND NOT EXISTS (SELECT 1 FROM generation_generationswitch AS switch WHERE NOT switch."on")
    AND NOT EXISTS (
        SELECT 1 FROM generation_provideroutage AS outage
        WHERE outage.kind = 'key_refused' OR outage.endpoint_id = model.endpoint_id
    )"""  # noqa: S608 no foreign words
LOCK = " FOR NO KEY UPDATE OF model"

Outcome = Submission | Exception


# --- submit ----------------------------------------------------------------------------------------------------------
def submit(slug: str) -> list[Job]:
    """Hand all jobs of the model that fit to RunPod, side by side, and return them; empty when nothing can be done."""
    jobs = _take(slug)
    if jobs:
        pooling.give_back()  # back into the pool: the POSTs may take seconds
        _note(jobs, _post_all(jobs))
        # A model has one submission under way at most: messages that came meanwhile found nothing to do.
        if Job.objects.queued().filter(model=jobs[0].model, due_at__lte=timezone.now()).exists():
            dispatch.submit(slug)
    return jobs


def _take(slug: str) -> list[Job]:
    """Move the next jobs to SUBMITTED under the model's lock, so that at most `max_in_flight` are out.

    Empty while the stop switch is off or RunPod refuses us: what is queued then waits here and costs nothing.
    """
    with transaction.atomic():
        lock = LOCK if connection.features.has_select_for_update else ""
        for model in model_rows.fetch(ImageModel, OPEN_MODEL + lock, [slug]):
            if model.submit_after is None or model.submit_after <= timezone.now():
                return lifecycle.submitting(model)
    return []


def _blocked() -> Exists:
    """Return the condition that nobody can be asked about a model."""
    return Exists(ProviderOutage.objects.blocking([OuterRef("endpoint_id")]))


def _post_all(jobs: Sequence[Job]) -> list[Outcome]:
    """Return what became of each job's POST; outside of any transaction."""
    calls = [_prepare(job) for job in jobs]
    if len(calls) == 1:
        return [_outcome(calls[0])]
    with ThreadPoolExecutor(min(len(calls), MAX_POSTS), thread_name_prefix="runpod-run") as pool:
        return list(pool.map(_outcome, calls))


def _prepare(job: Job) -> Callable[[], Submission] | Exception:
    """Return the POST of a job, or why there is none: nothing has been sent yet then."""
    try:
        payload, webhook = input_of(job), webhook_tokens.address(job)
        client = clients.client()
    except Exception as error:  # noqa: BLE001 `_note` tells what it knows from what it does not
        return _NotSent(error)

    def post() -> Submission:
        return client.run(
            job.snapshot["endpoint_id"],
            input=payload,
            webhook=webhook,
            execution_timeout_ms=settings.RUNPOD_EXECUTION_TIMEOUT_SECONDS * 1000,
            ttl_ms=settings.RUNPOD_TTL_SECONDS * 1000,
        )

    return post


class _NotSent(Exception):
    """Preparing the POST failed, so nothing was sent."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(repr(cause))
        self.cause = cause


def _outcome(call: Callable[[], Submission] | Exception) -> Outcome:
    if isinstance(call, Exception):
        return call
    try:
        return call()
    except Exception as error:  # noqa: BLE001 `_note` tells what it knows from what it does not
        return error


def _note(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    """Write down what became of the POSTs, and pause the model when RunPod took none."""
    model = jobs[0].model
    by_id = {job.id: job for job in jobs}
    accepted: list[tuple[Job, str]] = []
    refused: list[tuple[Job, NotAccepted]] = []
    unclear: list[tuple[Job, Exception]] = []
    for job, outcome in zip(jobs, outcomes, strict=True):
        if isinstance(outcome, Submission):
            accepted.append((job, outcome.runpod_id))
        elif isinstance(outcome, NotAccepted):
            refused.append((job, outcome))
        elif isinstance(outcome, KeyRefused | EndpointMissing | Refused | _NotSent):
            with contextlib.suppress(lifecycle.Stale):
                _put_back(job, outcome)
        else:  # Unknown, and whatever nobody foresaw after the call had begun
            unclear.append((job, outcome))
    if accepted:
        noted = {job.id for job in lifecycle.submitted(accepted)}
        for job_id, runpod_id in (
            (job.id, runpod_id) for job, runpod_id in accepted if job.id not in noted
        ):
            lifecycle.orphaned(by_id[job_id], runpod_id=runpod_id)  # canceled meanwhile
            dispatch.stop()
    if refused:
        pause = max(
            (error.retry_after for _, error in refused if error.retry_after is not None),
            default=None,
        )
        circuit_breaker.opened(model, pauses=circuit_breaker.REFUSED, retry_after=pause)
        lifecycle.deferred([(job, words(error)) for job, error in refused], until=timezone.now())
    if unclear:
        for job, error in unclear:
            log.warning(
                "unknown whether RunPod took the job",
                extra={"job": str(job.id), "error": repr(error)},
            )
        lifecycle.unknown(
            [
                (job, words(error) if isinstance(error, RunPodError) else repr(error))
                for job, error in unclear
            ]
        )
    if unclear and not accepted and not refused:
        circuit_breaker.opened(model, pauses=circuit_breaker.UNCLEAR)
    elif accepted and not refused:
        circuit_breaker.closed(model)


def _put_back(job: Job, error: KeyRefused | EndpointMissing | Refused | _NotSent) -> None:
    """Move a job that RunPod certainly did not take. Raises Stale."""
    if isinstance(error, Refused):
        lifecycle.failed(job, code=error.code, detail=words(error))
    elif isinstance(error, _NotSent):
        _not_prepared(job, error.cause)
    else:
        endpoint_id = job.snapshot["endpoint_id"]
        outages.note(endpoint_id, error)
        other = isinstance(error, EndpointMissing) and endpoint_id != job.model.endpoint_id
        until = timezone.now() + (REFUSED_LOOK if other else timedelta())
        for back in lifecycle.deferred([(job, words(error))], until=until):
            if other:
                _follow_model(back)


def _not_prepared(job: Job, cause: Exception) -> None:
    now = timezone.now()
    if isinstance(cause, sources.SourceMissing):
        lifecycle.failed(job, code="source_missing", detail=repr(cause))
    elif isinstance(cause, PayloadError):
        lifecycle.failed(job, code="invalid_input", detail=repr(cause))
    elif isinstance(cause, OSError | BotoCoreError):
        lifecycle.deferred([(job, repr(cause))], until=now + SOURCE_PAUSE)
    else:
        log.error("a job could not be prepared", exc_info=cause, extra={"job": str(job.id)})
        lifecycle.deferred([(job, repr(cause))], until=now + TROUBLE_PAUSE)


def _follow_model(job: Job) -> None:
    """Send a job whose endpoint is gone to the one that staff gave its model since, if that is spoken to alike."""
    spoken = (job.snapshot["dialect"], job.snapshot.get("request_format"))
    if spoken == (job.model.dialect, job.model.request_format):
        lifecycle.moved_endpoint(job, endpoint_id=job.model.endpoint_id)


# --- check -----------------------------------------------------------------------------------------------------------
def check(slug: str) -> int:
    """Ask RunPod about all jobs of the model that are due, with one sweep; returns how many."""
    jobs = lifecycle.claim_due(slug, limit=MAX_CHECKS, lease=CHECK_LEASE)
    if jobs:
        pooling.give_back()  # back into the pool: the sweep may take seconds
        replies = _ask(jobs)
        few = len(jobs) < LOOK_EVERY.total_seconds() * READS_PER_SECOND / 2
        out = 0 if few else Job.objects.at_runpod().filter(model=jobs[0].model).count()
        _apply(jobs, replies, look_every=max(LOOK_EVERY, timedelta(seconds=out / READS_PER_SECOND)))
        if len(jobs) == MAX_CHECKS:
            dispatch.check(slug)
    return len(jobs)


def reconcile() -> list[tuple[Job, str]]:
    """Ask RunPod about every job that it is known to have, due or not, and apply the answers at once.

    Returns each job as it was before, and in a few words what RunPod said. Also stops what is to be stopped. No lease
    is taken: the second one to apply an answer finds that the row has moved on and leaves it alone.
    """
    asked: list[tuple[Job, str]] = []
    known = list(
        Job.objects.at_runpod().exclude(runpod_id="").select_related("model").order_by("id")
    )
    for start in range(0, len(known), MAX_CHECKS):
        jobs = known[start : start + MAX_CHECKS]
        replies = _ask(jobs)
        _apply(jobs, replies, look_every=LOOK_EVERY)
        for job in jobs:
            reply = replies.get(job.id)
            said = (
                reply.state.value
                if isinstance(reply, Report)
                else words(reply)
                if reply
                else "no reply"
            )
            asked.append((job, said))
    for job in Job.objects.filter(stop_pending=True).order_by("id"):
        _stop(job)
    return asked


def _ask(jobs: Sequence[Job]) -> dict[UUID, Report | RunPodError]:
    refs = {
        job.id: (job.snapshot["endpoint_id"], known)
        for job in jobs
        if (known := job.runpod_id or _candidate(job))
    }
    replies = clients.sweep().read(list(refs.values())) if refs else {}
    return {job_id: replies[ref] for job_id, ref in refs.items() if ref in replies}


def _candidate(job: Job) -> str:
    """Return the RunPod job that a webhook named for an attempt of unknown fate, once its POST has ended."""
    ended = job.submitted_at and job.submitted_at + scheduling.SUBMISSION <= timezone.now()
    return job.candidate_id if ended else ""


def _apply(
    jobs: Sequence[Job], replies: dict[UUID, Report | RunPodError], *, look_every: timedelta
) -> None:
    """Move each job by what RunPod says of it: what changes alike in one statement, what does not change in another."""
    now = timezone.now()
    seen: list[tuple[Job, lifecycle.Drawn]] = []
    finished: list[tuple[Job, lifecycle.Finished]] = []
    unchanged: list[Job] = []
    for job in jobs:
        try:
            reply = replies.get(job.id)
            if isinstance(reply, KeyRefused | EndpointMissing):
                outages.note(job.snapshot["endpoint_id"], reply)
                lifecycle.postponed([job], until=now + REFUSED_LOOK)
            elif not job.runpod_id:
                _look_at_unknown(job, reply, now)
            elif isinstance(reply, Report) and reply.state.final:
                if done := _ended(job, reply):
                    finished.append((job, done))
            elif job.deadline_at and job.deadline_at <= now:
                lifecycle.failed(
                    job, code="deadline", detail=f"deadline {job.deadline_at.isoformat()} passed"
                )
                dispatch.stop()
            elif isinstance(reply, Gone):
                look_at_missing(job, reply, now)
            elif isinstance(reply, Report):
                drawn = _progress(job, reply)
                seen.append((job, drawn)) if drawn else unchanged.append(job)
            elif retry_after := getattr(reply, "retry_after", None):
                pause = min(timedelta(seconds=retry_after), circuit_breaker.MAX_RETRY_AFTER)
                lifecycle.postponed([job], until=now + max(look_every, pause))
            else:
                unchanged.append(job)
        except lifecycle.Stale:
            log.info("job moved on while it was looked at", extra={"job": str(job.id)})
        except Exception as error:  # noqa: BLE001 it must not lose the others
            isolate(job, error, code="provider_error")
    _together(finished, lifecycle.storing)
    _together(seen, lambda some: lifecycle.followed(some, until=now + look_every))
    later = now + look_every
    _together(
        [(job, None) for job in unchanged],
        lambda some: lifecycle.postponed([j for j, _ in some], until=later),
    )
    if finished:
        dispatch.store()
    if len(unchanged) + len(seen) < len(
        jobs
    ):  # some have ended: places may be free for those who wait
        models = {job.model_id: job.model.slug for job in jobs}
        for model_id in (
            Job.objects.queued()
            .filter(model__in=models)
            .values_list("model_id", flat=True)
            .distinct()
        ):
            dispatch.submit(models[model_id])


def _together(
    rows: Sequence[tuple[Job, Any]], apply: Callable[[Sequence[tuple[Job, Any]]], object]
) -> None:
    """Apply a change to all rows with one call; one by one where a row spoils that."""
    if not rows:
        return
    try:
        apply(rows)
    except Exception:
        log.exception("a change of %d jobs failed; each is tried alone", len(rows))
        for row in rows:
            try:
                apply([row])
            except Exception as error:  # noqa: BLE001 it must not lose the others
                isolate(row[0], error, code="provider_error")


def isolate(job: Job, error: Exception, *, code: str) -> None:
    """Isolate an unexpected error to this job: log it, look again later, give up at the deadline.

    Raises what the database raises when that is the trouble.
    """
    log.error("unexpected error with a job", exc_info=error, extra={"job": str(job.id)})
    now = timezone.now()
    if job.deadline_at and job.deadline_at <= now:
        try:
            lifecycle.failed(job, code=code, detail=repr(error))
        except lifecycle.Stale:
            return
        except Exception:
            log.exception("a job could not be ended", extra={"job": str(job.id)})
        else:
            return
    lifecycle.postponed([job], until=now + TROUBLE_PAUSE)


def _progress(job: Job, report: Report) -> lifecycle.Drawn | None:
    """Return how far the drawing is, None where nothing is new; updates come late and out of order."""
    begun = report.state is State.RUNNING and job.status == Status.SUBMITTED
    further = report.progress is not None and report.progress > (job.progress or 0)
    if further or (begun and report.progress is not None):
        return lifecycle.Drawn(progress=report.progress, step=report.step, step_count=report.steps)
    if begun or job.missing_since:
        return lifecycle.Drawn(progress=job.progress, step=job.step, step_count=job.step_count)
    return None


def _look_at_unknown(job: Job, reply: Report | RunPodError | None, now: datetime) -> None:
    """Adopt what a webhook named once RunPod confirms it; give up when an accepted job would be past RunPod's ttl."""
    gone_at = (
        (job.submitted_at or now)
        + timedelta(seconds=settings.RUNPOD_TTL_SECONDS)
        + scheduling.UNKNOWN_MARGIN
    )
    if isinstance(reply, Report):
        try:
            lifecycle.adopted(job)
        except lifecycle.Stale:
            lifecycle.no_candidate(job, until=gone_at)
        else:
            dispatch.check(job.model.slug)
    elif isinstance(reply, Gone):
        lifecycle.no_candidate(job, until=gone_at)
    elif job.deadline_at and job.deadline_at <= now:
        lifecycle.failed(
            job, code="deadline", detail=f"deadline {job.deadline_at.isoformat()} passed"
        )
    elif job.candidate_id:
        lifecycle.postponed(
            [job], until=max(now + LOOK_EVERY, (job.submitted_at or now) + scheduling.SUBMISSION)
        )
    elif gone_at > now:
        lifecycle.postponed([job], until=gone_at)
    else:
        lifecycle.lost(job, code="gpu_lost", detail="no webhook within RunPod's ttl")


def look_at_missing(job: Job, reply: Gone, now: datetime) -> None:
    """Give a job that RunPod does not know another attempt after RUNPOD_MISSING_SECONDS. Raises Stale."""
    asked_for = timedelta(seconds=settings.RUNPOD_MISSING_SECONDS)
    if job.missing_since is None or now - job.missing_since < asked_for:
        lifecycle.missing(job, until=now + MISSING_LOOK)
    else:
        lifecycle.lost(job, code="gpu_lost", detail=words(reply))


def _ended(job: Job, report: Report) -> lifecycle.Finished | None:
    """Return what a job that has ended at RunPod brought; None where that is nothing, and it has been moved already."""
    cost = payloads.cost_in(report)
    try:
        result = payloads.read(job.snapshot["dialect"], report)
    except OutputError as error:
        give_up(job, error, cost=cost)
        return None
    drawn_for = timedelta(milliseconds=report.execution_ms or 0)
    return lifecycle.Finished(
        drawn_for=drawn_for, result=result.as_json(), host=result.host, cost=cost
    )


def give_up(job: Job, error: OutputError, *, cost: Decimal | None) -> None:
    """End an attempt that brought no image: once more where that may help. Raises Stale."""
    if error.retryable:
        lifecycle.lost(job, code=error.code, detail=error.detail, cost=cost)
    else:
        lifecycle.failed(job, code=error.code, detail=error.detail, cost=cost)


# --- stop, tick ------------------------------------------------------------------------------------------------------
def stop() -> int:
    """Tell RunPod to stop ended jobs that may still run there, and return how many were due; the tick asks again."""
    if ProviderOutage.objects.blocking([]).exists():
        return 0
    # Random order, so jobs that cannot be canceled do not starve the rest.
    jobs = list(Job.objects.filter(stop_pending=True).order_by("?")[:MAX_STOPS])
    for job in jobs:
        _stop(job)
    return len(jobs)


def _stop(job: Job) -> None:
    endpoint_id = job.snapshot["endpoint_id"]
    try:
        clients.client().cancel(endpoint_id, job.runpod_id)
    except Gone:
        lifecycle.not_there_to_stop(
            job, give_up_after=timedelta(seconds=settings.RUNPOD_MISSING_SECONDS)
        )
    except (KeyRefused, EndpointMissing) as error:
        outages.note(endpoint_id, error)
    except RunPodError as error:
        log.warning(
            "RunPod not told to stop yet", extra={"job": str(job.id), "error": words(error)}
        )
    except Exception:
        log.exception("RunPod not told to stop", extra={"job": str(job.id)})
    else:
        lifecycle.stopped(job, cost=_cost_of(endpoint_id, job.runpod_id))


def _cost_of(endpoint_id: str, runpod_id: str) -> Decimal | None:
    """Return what a stopped job has cost, which its reply to /cancel does not tell; None where nobody says."""
    try:
        return payloads.cost_in(clients.client().status(endpoint_id, runpod_id))
    except RunPodError as error:
        log.info("the cost of a stopped job is not known", extra={"error": words(error)})
        return None


def tick() -> None:
    """Send a message for everything that is due; several ticks at once send it once."""
    now = timezone.now()
    due = Job.objects.active().filter(due_at__lte=now).order_by()
    kinds = set(due.values_list("status", "model__slug").distinct())
    for status, slug in sorted(kinds):
        if status in AT_RUNPOD:
            dispatch.check(slug)
        elif status == Status.QUEUED:
            dispatch.submit(slug)
    if any(status == Status.STORING for status, _ in kinds):
        dispatch.store()
    if Job.objects.filter(stop_pending=True).exists():
        dispatch.stop()
    if ProviderOutage.objects.filter(probe_at__lte=now).exists():
        dispatch.probe()
    fail_overdue()


def fail_overdue() -> None:
    """Fail jobs whose deadline passed while they waited for another attempt, but not while RunPod refuses us."""
    now = timezone.now()
    overdue = (
        Job.objects.queued().filter(deadline_at__lte=now, due_at__lte=now).order_by("due_at", "id")
    )
    blocked = ImageModel.objects.filter(_blocked()).values("id")
    for job in overdue.exclude(model__in=blocked).select_related("model")[:MAX_CHECKS]:
        try:
            lifecycle.failed(job, code="deadline", detail="deadline passed between two attempts")
        except lifecycle.Stale:
            continue
        except Exception as error:  # noqa: BLE001 it must not lose the others
            isolate(job, error, code="deadline")


def words(error: RunPodError) -> str:
    """Return our words and the vendor's, for the history that staff read."""
    return f"{error} {error.detail}".strip()
