"""How an attempt or a job ends. Each end of a job moves its credits once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.utils import timezone

from accounts import holds
from accounts.models import User
from generation.jobs import bulk_update, spending
from generation.jobs.bulk_update import History
from generation.jobs.lifecycle.transition import (
    ADDED_COST,
    Stale,
    cost_plus,
    expect_one,
    move,
    publish,
)
from generation.models import AT_RUNPOD, Image, Job, Status
from generation.runpod.untrusted import storable

STOPPED_BY_STAFF = "stopped_by_staff"


def lost(job: Job, *, code: str, detail: str, cost: Decimal | None = None) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` if none remains.

    `cost` is what RunPod charged for the attempt that ends here, in US dollars. Raises Stale.
    """
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return failed(job, code=code, detail=detail, cost=cost)
    with transaction.atomic():
        moved = move(
            job,
            Status.QUEUED,
            event="lost",
            at=now,
            detail=f"{code}: {detail}" if detail else code,
            attempt=F("attempt") + 1,
            cost=cost_plus(cost),
            error_detail="",
            result=None,
            due_at=now,
            runpod_id="",
            candidate_id="",
            refusals=0,
            submitted_at=None,
            missing_since=None,
            started_at=None,
            progress=None,
            step=None,
            step_count=None,
        )
        spending.add(job, spending.of_attempt(job, cost))
    return moved


def succeeded(job: Job, *, images: Sequence[Image], cost: Decimal | None) -> Job:
    """End the job with its stored images and settle its hold. Raises Stale."""
    with transaction.atomic():
        now = timezone.now()
        ended = _succeeded(job, images=images, cost=cost, at=now)
        Image.objects.bulk_create(images)
        spending.add(job, cost)  # None, unless it was not known when the job ended at RunPod
        holds.settle(reference=job.id)
    return ended


def _succeeded(job: Job, *, images: Sequence[Image], cost: Decimal | None, at: datetime) -> Job:
    moved = bulk_update.update_each(
        [(job, {"cost": cost})],
        fields=["cost"],
        same={
            "status": Status.SUCCEEDED,
            "due_at": None,
            "finished_at": at,
            "error_detail": "",
            "result": None,
        },
        expressions={"version": ("version + 1",), "cost": (ADDED_COST,)},
        history=History("succeeded", at),
    )
    expect_one(len(moved))
    (ended,) = moved
    ended.model = job.model
    ended.new_images = images
    publish(moved)
    return ended


def failed(
    job: Job, *, code: str, detail: str = "", actor: User | None = None, cost: Decimal | None = None
) -> Job:
    """End the job without images, release its hold and stop it at RunPod. Raises Stale.

    `cost` is what RunPod charged nevertheless, in US dollars.
    """
    return _end_without_images(job, Status.FAILED, code=code, detail=detail, actor=actor, cost=cost)


def canceled(job: Job, *, actor: User | None, detail: str = "") -> Job:
    """End a job that is not being stored yet, and release its hold. Raises Stale.

    The error code shows whether it was its owner; a command passes no actor.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    return _end_without_images(job, Status.CANCELED, code=code, detail=detail, actor=actor)


def _end_without_images(
    job: Job, to: Status, *, code: str, detail: str, actor: User | None, cost: Decimal | None = None
) -> Job:
    now, detail = timezone.now(), storable(detail)
    # Read from the row, not from `job`: the reply to /run may have been stored since it was read.
    known_to_runpod = Case(When(runpod_id="", then=False), default=True)
    with transaction.atomic():
        ended = move(
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
            cost=cost_plus(cost),
            result=None,
            missing_since=None,
            stop_pending=known_to_runpod if job.status in AT_RUNPOD else False,
            progress=None,
            step=None,
            step_count=None,
        )
        if not ended.stop_pending:  # else once RunPod has said what it cost
            spending.add(job, spending.of_attempt(job, cost))
        elif cost is not None:
            spending.add(job, cost)
        holds.release(reference=job.id, reason=code or to.value)
    return ended
