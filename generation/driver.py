"""The engine: submit (one POST), check (one GET), store (copy the pictures).

Each step is short; nobody waits for a GPU. Hints, the doorbell, the tick, admin actions and commands
all end here. Whoever holds a job's lease does the step;
everything is found again by the tick when a step, a message or a whole machine gets lost.
"""

import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generation import callbacks, hints, inputs, keeping, lifecycle, provider, sources, turns
from generation.models import AT_RUNPOD, GenerationSwitch, ImageModel, Job, Status
from generation.runpod import payloads
from generation.runpod.download import DownloadFailed, DownloadRefused
from generation.runpod.payloads import OutputError, PayloadError
from generation.runpod.picture import NotAPicture
from generation.runpod.report import Report, State
from generation.runpod.verdicts import Gone, NotAccepted, Refused, RunPodError, Unknown

log = logging.getLogger(__name__)

CHECK_LEASE = timedelta(seconds=max(60, provider.LIMITS.longest_seconds + 10))  # longer than any call made under it
STORE_LEASE = timedelta(seconds=180)
LOOK_EVERY = timedelta(seconds=2)
READS_PER_SECOND = 100  # half of what RunPod allows an endpoint
MISSING_LOOK = timedelta(seconds=3)
REFUSAL_PAUSE = timedelta(seconds=1)  # doubled with every refusal
REFUSAL_PAUSE_MOST = timedelta(seconds=30)
RETRY_AFTER_MOST = timedelta(minutes=5)  # RunPod may ask for more, but a result lives 30 minutes
STORE_PAUSE = timedelta(seconds=10)
TROUBLE_PAUSE = timedelta(seconds=60)
TICK_CHECKS = 400
TICK_SUBMISSIONS = 20
TICK_STORES = 8
TICK_STOPS = 20


# --- submit ----------------------------------------------------------------------------------------------------------
def submit_next(slug: str) -> Job | None:
    """Hand the model's fair next job to RunPod; None when there is no room, no job, or a pause."""
    try:
        job = _take_turn(slug)
        if job is not None:
            _submit(job)
    except lifecycle.Stale:
        log.info("a job moved on while it was submitted", extra={"model": slug})
        return None
    return job


def _take_turn(slug: str) -> Job | None:
    """Move the next job to SUBMITTED under the model's lock, so that at most `max_in_flight` are out.

    None while the stop switch is off: what is queued then waits here and costs nothing.
    """
    if GenerationSwitch.objects.filter(on=False).exists():
        return None
    with transaction.atomic():
        model = ImageModel.objects.select_for_update(no_key=True).filter(slug=slug).first()
        if model is None or (model.submit_after and model.submit_after > timezone.now()):
            return None
        if Job.objects.at_runpod().filter(model=model).count() >= model.max_in_flight:
            return None
        job = turns.next_job(model)
        return lifecycle.submitting(job) if job else None


def _submit(job: Job) -> None:
    try:
        endpoint_id, payload = job.snapshot["endpoint_id"], inputs.of_job(job)
        client, webhook = provider.client(), callbacks.address(job)
    # Nothing has been sent yet, so nothing can run.
    except sources.SourceMissing as error:
        lifecycle.failed(job, code="source_missing", detail=repr(error))
        return
    except PayloadError as error:
        lifecycle.failed(job, code="invalid_input", detail=repr(error))
        return
    except (OSError, BotoCoreError) as error:
        _defer(job, retry_after=None, detail=repr(error))
        return
    except Exception as error:
        log.exception("a job could not be prepared", extra={"job": str(job.id)})
        until = timezone.now() + TROUBLE_PAUSE
        lifecycle.deferred(job, until=until, detail=repr(error), pause_model=False)
        return
    try:
        submission = client.run(
            endpoint_id,
            input=payload,
            webhook=webhook,
            execution_timeout_ms=settings.RUNPOD_EXECUTION_TIMEOUT_SECONDS * 1000,
            ttl_ms=settings.RUNPOD_TTL_SECONDS * 1000,
        )
    except NotAccepted as error:
        _defer(job, retry_after=error.retry_after, detail=_words(error))
    except Refused as error:
        lifecycle.failed(job, code=error.code, detail=_words(error))
    except Unknown as error:
        log.warning("nobody knows whether RunPod took the job", extra={"job": str(job.id), "error": _words(error)})
        lifecycle.unknown(job, detail=_words(error))
    except Exception as error:  # whatever it is, the job may have been sent
        log.exception("unforeseen trouble with a submission", extra={"job": str(job.id)})
        lifecycle.unknown(job, detail=repr(error))
    else:
        try:
            lifecycle.submitted(job, runpod_id=submission.runpod_id)
        except lifecycle.Stale:
            # Canceled meanwhile, or the doorbell was faster than the reply and the job has moved on with the same id.
            lifecycle.orphaned(job, runpod_id=submission.runpod_id)
            hints.stop(job.id)
            raise


def _defer(job: Job, *, retry_after: float | None, detail: str) -> None:
    pause = min(REFUSAL_PAUSE * 2 ** min(job.refusals, 10), REFUSAL_PAUSE_MOST)
    if retry_after is not None:
        pause = min(max(pause, timedelta(seconds=retry_after)), RETRY_AFTER_MOST)
    lifecycle.deferred(job, until=timezone.now() + pause, detail=detail)


# --- check -----------------------------------------------------------------------------------------------------------
def check(job_id: UUID) -> None:
    """Look at one job at RunPod, if it is due and nobody else looks."""
    job = lifecycle.claim(job_id, statuses=AT_RUNPOD, lease=CHECK_LEASE)
    if job is None:
        return
    reply: Report | RunPodError | None = None
    if job.runpod_id:
        try:
            reply = provider.client().status(job.snapshot["endpoint_id"], job.runpod_id)
        except RunPodError as error:
            reply = error
    _apply(job, reply, look_every=LOOK_EVERY)


def check_due() -> int:
    """Look at all due jobs at RunPod in one sweep; returns how many."""
    jobs = lifecycle.claim_due(statuses=AT_RUNPOD, limit=TICK_CHECKS, lease=CHECK_LEASE)
    if not jobs:
        return 0
    replies = _ask(jobs)
    out = Job.objects.at_runpod().count()
    look_every = max(LOOK_EVERY, timedelta(seconds=out / READS_PER_SECOND))
    for job in jobs:
        _apply(job, replies.get(job.id), look_every=look_every)
    return len(jobs)


def reconcile() -> list[tuple[Job, str]]:
    """Ask RunPod about every job that it is known to have, due or not, and apply the answers at once.

    Returns each job as it was before, and in a few words what RunPod said. Also stores what is due to be stored and
    stops what is to be stopped. No lease is taken: whoever applies the same answer second finds the row moved on and
    lets it be.
    """
    asked: list[tuple[Job, str]] = []
    known = list(Job.objects.at_runpod().exclude(runpod_id="").select_related("model").order_by("id"))
    for start in range(0, len(known), TICK_CHECKS):
        jobs = known[start : start + TICK_CHECKS]
        replies = _ask(jobs)
        for job in jobs:
            reply = replies.get(job.id)
            _apply(job, reply, look_every=LOOK_EVERY)
            said = reply.state.value if isinstance(reply, Report) else _words(reply) if reply else "no reply"
            asked.append((job, said))
    for job_id in Job.objects.filter(status=Status.STORING).order_by("id").values_list("id", flat=True):
        store(job_id)
    for job in Job.objects.filter(stop_pending=True).order_by("id"):
        _stop(job)
    return asked


def _ask(jobs: Sequence[Job]) -> dict[UUID, Report | RunPodError]:
    refs = {job.id: (job.snapshot["endpoint_id"], job.runpod_id) for job in jobs if job.runpod_id}
    replies = provider.sweep().read(list(refs.values())) if refs else {}
    return {job_id: replies[ref] for job_id, ref in refs.items() if ref in replies}


def _apply(job: Job, reply: Report | RunPodError | None, *, look_every: timedelta) -> None:
    """Move the job by what RunPod says of it; None: there was nothing to ask for."""
    now = timezone.now()
    try:
        if isinstance(reply, Report) and reply.state.final:
            _end(job, reply)
        elif job.deadline_at and job.deadline_at <= now:
            lifecycle.failed(job, code="deadline", detail=f"deadline {job.deadline_at.isoformat()} passed")
            hints.stop(job.id)
            hints.submit(job.model.slug)
        elif not job.runpod_id:
            _look_at_unknown(job, now)
        elif isinstance(reply, Gone):
            _look_at_missing(job, reply, now)
        elif isinstance(reply, Report):
            _follow(job, reply, until=now + look_every)
        else:
            pause = min(timedelta(seconds=getattr(reply, "retry_after", None) or 0), RETRY_AFTER_MOST)
            lifecycle.postponed(job, until=now + max(look_every, pause))
    except lifecycle.Stale:
        log.info("job moved on while it was looked at", extra={"job": str(job.id)})
    except Exception as error:  # noqa: BLE001 it must not lose the others
        _in_trouble(job, error, code="provider_error")


def _in_trouble(job: Job, error: Exception, *, code: str) -> None:
    """Keep what nobody has foreseen from the other jobs: log it, look again later, give up at the deadline.

    Raises what the database raises when that is the trouble.
    """
    log.exception("unforeseen trouble with a job", extra={"job": str(job.id)})
    now = timezone.now()
    with contextlib.suppress(lifecycle.Stale):
        if job.deadline_at and job.deadline_at <= now:
            try:
                lifecycle.failed(job, code=code, detail=repr(error))
            except lifecycle.Stale:
                raise
            except Exception:
                log.exception("a job could not be ended", extra={"job": str(job.id)})
            else:
                return
        lifecycle.postponed(job, until=now + TROUBLE_PAUSE)


def _follow(job: Job, report: Report, *, until: datetime) -> None:
    drawn = lifecycle.Drawn(progress=report.progress, step=report.step, step_count=report.steps)
    if report.state is State.RUNNING and job.status == Status.SUBMITTED:
        lifecycle.running(job, until=until, drawn=drawn)
    elif report.progress is not None and report.progress > (job.progress or 0):  # updates come late and out of order
        lifecycle.progressed(job, until=until, drawn=drawn)
    elif job.missing_since:
        as_before = lifecycle.Drawn(progress=job.progress, step=job.step, step_count=job.step_count)
        lifecycle.progressed(job, until=until, drawn=as_before)
    else:
        lifecycle.postponed(job, until=until)


def _look_at_unknown(job: Job, now: datetime) -> None:
    """Give up waiting for a doorbell only when an accepted job would be past RunPod's ttl."""
    ttl = timedelta(seconds=settings.RUNPOD_TTL_SECONDS) + lifecycle.UNKNOWN_MARGIN
    gone_at = (job.submitted_at or now) + ttl
    if gone_at > now:
        lifecycle.postponed(job, until=gone_at)
        return
    lifecycle.lost(job, code="gpu_lost", detail="no doorbell within RunPod's ttl")
    hints.submit(job.model.slug)


def _look_at_missing(job: Job, reply: Gone, now: datetime) -> None:
    asked_for = timedelta(seconds=settings.RUNPOD_MISSING_SECONDS)
    if job.missing_since is None or now - job.missing_since < asked_for:
        lifecycle.missing(job, until=now + MISSING_LOOK)
        return
    lifecycle.lost(job, code="gpu_lost", detail=_words(reply))
    hints.submit(job.model.slug)


def _end(job: Job, report: Report) -> None:
    """Go on from a final state at RunPod; its GPU is free in any case."""
    try:
        payloads.read(job.snapshot["dialect"], report)
    except OutputError as error:
        _give_up(job, error)
    else:
        lifecycle.storing(job, drawn_for=timedelta(milliseconds=report.execution_ms or 0))
        hints.store(job.id)
    hints.submit(job.model.slug)


def _give_up(job: Job, error: OutputError) -> None:
    if error.retryable:
        lifecycle.lost(job, code=error.code, detail=error.detail)
    else:
        lifecycle.failed(job, code=error.code, detail=error.detail)


# --- store -----------------------------------------------------------------------------------------------------------
def store(job_id: UUID) -> None:
    """Copy the pictures of one finished job into the bucket, if it is due and nobody else does."""
    job = lifecycle.claim(job_id, statuses=[Status.STORING], lease=STORE_LEASE)
    if job is not None:
        _store(job)


def _store(job: Job) -> None:
    try:
        try:
            result = payloads.read(
                job.snapshot["dialect"], provider.client().status(job.snapshot["endpoint_id"], job.runpod_id)
            )
            images = [
                keeping.keep(
                    job, position=position, data=keeping.fetch(picture), seed=keeping.seed_of(job, result, position)
                )
                for position, picture in enumerate(result.pictures)
            ]
        except OutputError as error:
            _give_up(job, error)
        except DownloadRefused as error:  # another attempt would end at the same address, at our cost
            lifecycle.failed(job, code="bad_picture", detail=repr(error))
        except NotAPicture as error:
            lifecycle.lost(job, code="bad_picture", detail=repr(error))
        except Gone as error:
            _look_at_missing(job, error, timezone.now())
        except (RunPodError, DownloadFailed, OSError, BotoCoreError, ClientError) as error:
            _store_later(job, error)
        else:
            lifecycle.succeeded(job, images=images, cost=result.cost)
    except lifecycle.Stale:
        log.info("job moved on while it was stored", extra={"job": str(job.id)})
    except Exception as error:  # noqa: BLE001 it must not lose the others
        _in_trouble(job, error, code="storage")


def _store_later(job: Job, error: Exception) -> None:
    now = timezone.now()
    log.warning("pictures not stored yet", extra={"job": str(job.id), "error": repr(error)})
    if job.deadline_at and job.deadline_at <= now:
        lifecycle.failed(job, code="storage", detail=repr(error))
    else:
        lifecycle.postponed(job, until=now + STORE_PAUSE)


# --- stop, tick ------------------------------------------------------------------------------------------------------
def stop(job_id: UUID) -> None:
    """Tell RunPod to stop an ended job that may still run there; asked again by the tick until it has worked."""
    job = Job.objects.filter(id=job_id, stop_pending=True).first()
    if job is not None:
        _stop(job)


def _stop(job: Job) -> None:
    try:
        provider.client().cancel(job.snapshot["endpoint_id"], job.runpod_id)
    except Gone:
        pass  # nothing left to stop
    except RunPodError as error:
        log.warning("RunPod not told to stop yet", extra={"job": str(job.id), "error": _words(error)})
        return
    except Exception:
        log.exception("RunPod not told to stop", extra={"job": str(job.id)})
        return
    lifecycle.stopped(job)


def tick() -> None:
    """Do whatever is due, a bounded amount; several ticks at once share the work."""
    check_due()
    for _turn in range(TICK_STORES):  # claimed one by one: a lease that waits behind slow ones would run out
        for job in lifecycle.claim_due(statuses=[Status.STORING], limit=1, lease=STORE_LEASE):
            _store(job)
    _fail_overdue()
    for slug in _models_waiting():
        for _turn in range(TICK_SUBMISSIONS):
            if submit_next(slug) is None:
                break
    # In any order, so that some that cannot be stopped do not stand before all others for ever.
    for job in Job.objects.filter(stop_pending=True).order_by("?")[:TICK_STOPS]:
        _stop(job)


def _models_waiting() -> Sequence[str]:
    due = Job.objects.queued().filter(due_at__lte=timezone.now())
    return list(ImageModel.objects.filter(jobs__in=due).distinct().values_list("slug", flat=True))


def _fail_overdue() -> None:
    """Fail jobs whose deadline passed while they waited for another attempt."""
    now = timezone.now()
    overdue = Job.objects.queued().filter(deadline_at__lte=now, due_at__lte=now).order_by("due_at", "id")
    for job in overdue.select_related("model")[:TICK_CHECKS]:
        try:
            lifecycle.failed(job, code="deadline", detail="deadline passed between two attempts")
        except lifecycle.Stale:
            continue
        except Exception as error:  # noqa: BLE001 it must not lose the others
            _in_trouble(job, error, code="deadline")


def _words(error: RunPodError) -> str:
    """Return our words and the vendor's, for the history that staff read."""
    return f"{error} {error.detail}".strip()
