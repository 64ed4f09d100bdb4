"""The life of a job: the only writer of `Job.status` and `Job.due_at`.

Each transition is one guarded UPDATE (id, status, attempt) whose row count is read: no row means `Stale`, never
silence. History, money and pictures move in the same transaction; the event to the browser leaves after the commit.

    QUEUED --submitting--> SUBMITTED --running--> RUNNING --storing--> STORING --succeeded--> SUCCEEDED
       ^_____deferred____________|                    |                    |
       ^_____lost (attempt + 1)__|____________________|____________________|
    QUEUED | SUBMITTED | RUNNING --canceled--> CANCELED         any active --failed--> FAILED

Locks are taken in the order model on offer, job, user.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import ledger
from accounts.models import User
from generation import events
from generation.models import ACTIVE, AT_RUNPOD, Image, ImageModel, Job, JobEvent, JobQuerySet, Status

FIRST_LOOK = timedelta(seconds=2)  # from a submission to the first look at it
STOPPED_BY_STAFF = "stopped_by_staff"
UNKNOWN_MARGIN = timedelta(seconds=60)  # beyond RunPod's ttl, for clocks that differ


class Stale(Exception):
    """The job is no longer where the caller saw it; somebody else has moved it. Look again or let it be."""


@dataclass(frozen=True)
class Drawn:
    """How far a drawing is: `progress` from 0 to 1, `step` of `step_count`; None where the worker does not tell."""

    progress: float | None
    step: int | None
    step_count: int | None


# --- birth -----------------------------------------------------------------------------------------------------------
def placed(jobs: Sequence[Job], *, actor: User | None, detail: str = "") -> None:
    """Insert new jobs as QUEUED and due; the caller's transaction holds their credits. No actor: a command did it."""
    now = timezone.now()
    for job in jobs:
        job.status, job.due_at, job.created_at = Status.QUEUED, now, now
    Job.objects.bulk_create(jobs)
    _record(jobs, name="placed", at=now, actor=actor, detail=detail)
    reduced = [job for job in jobs if job.snapshot.get("sources_reduced")]
    _record(reduced, name="sources_reduced", at=now, detail="they do not fit into RunPod's 10 MB as they are")
    for job in jobs:
        _publish(job)


# --- leases: whoever pushes due_at ahead has the job for that long ---------------------------------------------------
def claim_due(*, statuses: Sequence[Status], limit: int, lease: timedelta) -> list[Job]:
    """Return at most `limit` due jobs in these statuses, oldest due first; nobody else gets them for `lease`."""
    now = timezone.now()
    with transaction.atomic():
        due = Job.objects.filter(status__in=statuses, due_at__lte=now).order_by("due_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        jobs = list(due.select_related("model")[:limit])
        Job.objects.filter(id__in=[job.id for job in jobs]).update(due_at=now + lease)
    return jobs


def claim(job_id: UUID, *, statuses: Sequence[Status], lease: timedelta) -> Job | None:
    """Return the job if it is due and in one of these statuses, leased; None when somebody else has it or had it."""
    now = timezone.now()
    due = Job.objects.filter(id=job_id, status__in=statuses, due_at__lte=now)
    if not due.update(due_at=now + lease):
        return None
    return Job.objects.select_related("model").filter(id=job_id, status__in=statuses).first()


def postponed(job: Job, *, until: datetime) -> None:
    """Ask for the next look at `until`; nothing else changes. Raises Stale."""
    _only(_same(job).update(due_at=until))


def woken(job_id: UUID, *, attempt: int) -> bool:
    """Make an attempt that RunPod has rung for due at once; False when it waits for nothing of the kind."""
    known = Job.objects.filter(id=job_id, attempt=attempt, status__in=AT_RUNPOD).exclude(runpod_id="")
    return bool(known.update(due_at=timezone.now()))


def hurried(job: Job, *, actor: User | None) -> bool:
    """Make a job due at once because staff want it looked at; False when there is nothing to look at.

    That is so when it has ended, and while it is unknown whether RunPod took it: only its doorbell can tell.
    """
    now = timezone.now()
    with transaction.atomic():
        known = Job.objects.active().filter(id=job.id).exclude(status=Status.SUBMITTED, runpod_id="")
        if not known.update(due_at=now):
            return False
        _record([Job.objects.get(id=job.id)], name="hurried", at=now, actor=actor)
    return True


# --- to RunPod and back ----------------------------------------------------------------------------------------------
def submitting(job: Job) -> Job:
    """Take a QUEUED job out of the queue, before the POST: until a reply says otherwise its fate is unknown.

    It becomes due again only after RunPod's ttl, when an accepted job would be gone for certain, or at its deadline.
    Raises Stale.
    """
    now = timezone.now()
    gone_at = now + timedelta(seconds=settings.RUNPOD_TTL_SECONDS) + UNKNOWN_MARGIN
    deadline_at = job.deadline_at or now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)
    return _moved(
        job,
        Status.SUBMITTED,
        event="submitting",
        at=now,
        due_at=min(gone_at, deadline_at),
        submitted_at=now,
        missing_since=None,
        deadline_at=deadline_at,
    )


def submitted(job: Job, *, runpod_id: str) -> Job:
    """Note the RunPod job of this attempt. Raises Stale, also when another RunPod job has been noted before."""
    now = timezone.now()
    return _moved(
        job,
        Status.SUBMITTED,
        event="submitted",
        at=now,
        detail=runpod_id,
        guard=Q(runpod_id__in=("", runpod_id)),
        runpod_id=runpod_id,
        refusals=0,
        due_at=now + FIRST_LOOK,
    )


def is_unknown(job_id: UUID, *, attempt: int) -> bool:
    """Tell whether nobody knows (yet) which RunPod job this attempt is, if any."""
    return _unknown(job_id, attempt).exists()


def adopted(job_id: UUID, *, attempt: int, runpod_id: str) -> Job | None:
    """Note the RunPod job that rang for an attempt of unknown fate; None when the attempt waits for no doorbell."""
    job = _unknown(job_id, attempt).first()
    if job is None:
        return None
    now = timezone.now()
    try:
        return _moved(
            job,
            Status.SUBMITTED,
            event="adopted",
            at=now,
            detail=runpod_id,
            guard=Q(runpod_id=""),
            runpod_id=runpod_id,
            due_at=now,
        )
    except Stale:  # the reply to /run came in this moment: it knows the same id
        return None


def unknown(job: Job, *, detail: str) -> None:
    """Write into the history that nobody can tell whether RunPod took the job; `submitting` has set its due_at."""
    _record([job], name="unknown", at=timezone.now(), detail=detail)


def deferred(job: Job, *, until: datetime, detail: str, pause_model: bool = True) -> Job:
    """Put a job that RunPod certainly did not take back into the queue, same attempt; its model pauses until then.

    Without `pause_model` the others of the model go on: what is wrong is wrong with this job alone. Raises Stale.
    """
    with transaction.atomic():
        if pause_model:
            ImageModel.objects.filter(id=job.model_id).update(submit_after=until)
        return _moved(
            job,
            Status.QUEUED,
            event="deferred",
            detail=detail,
            guard=Q(runpod_id=""),
            due_at=until,
            refusals=F("refusals") + 1,
            submitted_at=None,
            # The deadline runs from the first submission that RunPod may have taken; this one it did not.
            deadline_at=None if job.attempt == 1 else F("deadline_at"),
        )


def running(job: Job, *, until: datetime, drawn: Drawn) -> Job:
    """Note that a GPU has begun. Raises Stale."""
    now = timezone.now()
    return _moved(
        job,
        Status.RUNNING,
        event="running",
        at=now,
        due_at=until,
        started_at=Coalesce(F("started_at"), now),
        missing_since=None,
        progress=drawn.progress,
        step=drawn.step,
        step_count=drawn.step_count,
    )


def progressed(job: Job, *, until: datetime, drawn: Drawn) -> Job:
    """Note how far the drawing is; no line in the history. Raises Stale."""
    return _moved(
        job,
        job.status,
        due_at=until,
        missing_since=None,
        progress=drawn.progress,
        step=drawn.step,
        step_count=drawn.step_count,
    )


def missing(job: Job, *, until: datetime) -> None:
    """Note that RunPod answers 404, since now or since earlier. Raises Stale."""
    _only(_same(job).update(missing_since=Coalesce(F("missing_since"), timezone.now()), due_at=until))


def storing(job: Job, *, drawn_for: timedelta) -> Job:
    """Note that the pictures are ready to be fetched; at once due for that. Raises Stale.

    `drawn_for` tells when the drawing began, where nobody looked in between.
    """
    now = timezone.now()
    return _moved(
        job,
        Status.STORING,
        event="storing",
        at=now,
        due_at=now,
        started_at=Coalesce(F("started_at"), now - drawn_for),
        progress=None,
        step=None,
        step_count=None,
        missing_since=None,
    )


def lost(job: Job, *, code: str, detail: str) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` when none remains. Raises Stale."""
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return failed(job, code=code, detail=detail)
    return _moved(
        job,
        Status.QUEUED,
        event="lost",
        at=now,
        detail=f"{code}: {detail}" if detail else code,
        attempt=F("attempt") + 1,
        due_at=now,
        runpod_id="",
        refusals=0,
        submitted_at=None,
        missing_since=None,
        started_at=None,
        progress=None,
        step=None,
        step_count=None,
    )


# --- ends: each moves the money once ---------------------------------------------------------------------------------
def succeeded(job: Job, *, images: Sequence[Image], cost: Decimal | None) -> Job:
    """End the job with its stored pictures and charge what was held. Raises Stale."""
    with transaction.atomic():
        now = timezone.now()
        ended = _moved(job, Status.SUCCEEDED, event="succeeded", at=now, due_at=None, finished_at=now, cost=cost)
        Image.objects.bulk_create(images)
        ledger.settle(reference=job.id)
    return ended


def failed(job: Job, *, code: str, detail: str = "", actor: User | None = None) -> Job:
    """End the job without a picture and return what was held; what RunPod may still do is stopped. Raises Stale."""
    return _ended_without_picture(job, Status.FAILED, code=code, detail=detail, actor=actor)


def canceled(job: Job, *, actor: User | None, detail: str = "") -> Job:
    """End a job that is not yet being stored because somebody wants it no more; returns what was held. Raises Stale.

    No actor: a command did it. Unless it was its owner, the job says so by its code.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    return _ended_without_picture(job, Status.CANCELED, code=code, detail=detail, actor=actor)


def orphaned(job: Job, *, runpod_id: str) -> None:
    """Note that RunPod took a job whose row has ended or moved on meanwhile: it must be told to stop."""
    ended = Job.objects.filter(id=job.id, runpod_id="").exclude(status__in=ACTIVE)
    ended.update(runpod_id=runpod_id, stop_pending=True)


def stopped(job: Job) -> None:
    """Note that RunPod has been told to stop an ended job."""
    Job.objects.filter(id=job.id, stop_pending=True).update(stop_pending=False)


def _ended_without_picture(job: Job, to: Status, *, code: str, detail: str, actor: User | None) -> Job:
    now, detail = timezone.now(), _storable(detail)
    # Read from the row, not from `job`: the reply to /run may have been noted since the caller looked.
    known_to_runpod = Case(When(runpod_id="", then=False), default=True)
    with transaction.atomic():
        ended = _moved(
            job,
            to,
            event=to.value,
            at=now,
            detail=f"{code}: {detail}" if code and detail else code or detail,
            actor=actor,
            due_at=None,
            finished_at=now,
            error_code=code,
            error_detail=detail,
            stop_pending=known_to_runpod if job.status in AT_RUNPOD else False,
            progress=None,
            step=None,
            step_count=None,
        )
        ledger.release(reference=job.id, reason=code or to.value)
    return ended


# --- the mechanism ---------------------------------------------------------------------------------------------------
def _moved(
    job: Job,
    to: str,
    *,
    event: str = "",
    at: datetime | None = None,
    detail: str = "",
    actor: User | None = None,
    guard: Q | None = None,
    **fields: Any,
) -> Job:
    """Do one guarded UPDATE with its line of history and return the row as it is now."""
    with transaction.atomic():
        _only(_same(job).filter(guard or Q()).update(status=to, version=F("version") + 1, **fields))
        moved = Job.objects.select_related("model").get(id=job.id)
        if event:
            _record([moved], name=event, at=at or timezone.now(), detail=detail, actor=actor)
        _publish(moved)
    return moved


def _unknown(job_id: UUID, attempt: int) -> JobQuerySet:
    return Job.objects.filter(id=job_id, attempt=attempt, status=Status.SUBMITTED, runpod_id="")


def _same(job: Job) -> JobQuerySet:
    return Job.objects.filter(id=job.id, status=job.status, attempt=job.attempt)


def _only(count: int) -> None:
    if count != 1:
        raise Stale


def _record(jobs: Sequence[Job], *, name: str, at: datetime, detail: str = "", actor: User | None = None) -> None:
    JobEvent.objects.bulk_create(
        JobEvent(
            job=job, at=at, name=name, status=job.status, attempt=job.attempt, detail=_storable(detail), actor=actor
        )
        for job in jobs
    )


def _storable(text: str) -> str:
    """Return foreign words without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _publish(job: Job) -> None:
    transaction.on_commit(partial(events.publish, job.id), robust=True)
