"""How an attempt or a job ends. Each end of a job moves its credits once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.utils import timezone

from accounts.credits import holds
from accounts.models import User
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine.lifecycle.transition import (
    ADDED_COST,
    Stale,
    costs_plus,
    expect_one,
    move,
    publish,
)
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import AT_RUNPOD, Image, Job, Status
from generation.runpod.untrusted import storable

STOPPED_BY_STAFF = "stopped_by_staff"


def retry_attempt(job: Job, *, code: str, detail: str, charge: Charge | None = None) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` if none remains.

    `charge` is that of the attempt that ends here, if RunPod has reported its end. Raises Stale.
    """
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return fail(job, code=code, detail=detail, charge=charge)
    with transaction.atomic():
        moved = move(
            job,
            Status.QUEUED,
            event="lost",
            at=now,
            detail=f"{code}: {detail}" if detail else code,
            attempt=F("attempt") + 1,
            **costs_plus(job, charge),
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
        spending.add(job, spending.of_attempt(job, charge))
    return moved


def succeed(job: Job, *, images: Sequence[Image], cost: Decimal | None) -> Job:
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
            "error_code": "",
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


def fail(
    job: Job,
    *,
    code: str,
    detail: str = "",
    actor: User | None = None,
    charge: Charge | None = None,
) -> Job:
    """End the job without images, release its hold and stop it at RunPod. Raises Stale.

    `charge` is what RunPod has reported of the attempt's end, if it has: it needs no stop then.
    """
    return _end_without_images(
        job, Status.FAILED, code=code, detail=detail, actor=actor, charge=charge
    )


def cancel(job: Job, *, actor: User | None, detail: str = "") -> Job:
    """End a job that is not being stored yet, and release its hold. Raises Stale.

    The error code shows whether it was its owner; a command passes no actor.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    return _end_without_images(job, Status.CANCELED, code=code, detail=detail, actor=actor)


def _end_without_images(
    job: Job,
    to: Status,
    *,
    code: str,
    detail: str,
    actor: User | None,
    charge: Charge | None = None,
) -> Job:
    now, detail = timezone.now(), storable(detail)
    # Read from the row, not from `job`: the reply to /run may have been stored since it was read.
    known_to_runpod = Case(When(runpod_id="", then=False), default=True)
    may_run = job.status in AT_RUNPOD and charge is None
    costs = {} if charge is None else costs_plus(job, charge)
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
            result=None,
            missing_since=None,
            stop_pending=known_to_runpod if may_run else False,
            progress=None,
            step=None,
            step_count=None,
            **costs,
        )
        if charge is not None:  # else once it is stopped and RunPod has said what it cost
            spending.add(job, spending.of_attempt(job, charge))
        holds.release(reference=job.id, reason=code or to.value)
    return ended
