"""How an attempt or a job ends, here and there. Each end of a job moves its credits once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.credits import holds
from accounts.models import User
from artgen.database import raw_sql
from artgen.http.untrusted import storable
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import end_events
from generation.jobs.engine.lifecycle.transition import (
    HistoryLine,
    Stale,
    change,
    costs_plus,
    expect_one,
    move,
    publish,
)
from generation.models import ACTIVE, AT_PROVIDER, CHARGED, Image, Job, Status

STOPPED_BY_STAFF = "stopped_by_staff"


def retry_attempt(job: Job, *, code: str, detail: str, charge: Charge | None = None) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` if none remains.

    `charge` is that of the attempt that ends here, if the provider has reported its end; else the
    caller must still have its lease: a webhook may have just said more. Raises Stale.
    """
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return fail(job, code=code, detail=detail, charge=charge)
    with transaction.atomic():
        moved = move(
            job,
            Status.QUEUED,
            HistoryLine("lost", now, f"{code}: {detail}" if detail else code),
            guard=_lease(job, charge),
            attempt=F("attempt") + 1,
            **costs_plus(job, charge),
            error_detail="",
            result=None,
            due_at=now,
            runpod_id="",
            candidate_id="",
            refusals=0,
            unknown_since=None,
            submitted_at=None,
            missing_since=None,
            started_at=None,
            progress=None,
            step=None,
            step_count=None,
        )
        spending.add(job, spending.cost_of_attempt(job, charge))
    return moved


SUCCEED = """
WITH changed AS (
    UPDATE generation_job SET
        status = 'succeeded',
        version = version + 1,
        due_at = NULL,
        finished_at = %(now)s,
        result = NULL,
        error_code = '',
        error_detail = ''
    WHERE id = %(id)s AND status = %(status)s AND attempt = %(attempt)s
    RETURNING *, '' AS detail
),
stored AS (
    INSERT INTO generation_image ({image_columns})
    SELECT {image_columns} FROM json_populate_recordset(NULL::generation_image, %(images)s)
    WHERE EXISTS (SELECT FROM changed)
)""".replace("{image_columns}", raw_sql.columns(Image))


def succeed(job: Job, *, images: Sequence[Image]) -> Job:
    """End the job with its stored images and settle its hold. Raises Stale."""
    values = {
        "id": job.id,
        "status": str(job.status),
        "attempt": job.attempt,
        "now": timezone.now(),
        "images": raw_sql.as_json(images),
    }
    with transaction.atomic():
        moved = change(SUCCEED, "succeeded", values)
        expect_one(len(moved))
        (ended,) = moved
        ended.model, ended.new_images = job.model, images
        publish(moved)
        entry = holds.settle(reference=job.id)
        end_events.write(ended, topics=entry.webhook_topics)
    return ended


@dataclass(frozen=True)
class EndReason:
    """Why a job ends without images, and who ended it; None for ArtGen itself or a command."""

    code: str
    detail: str
    actor: User | None


def fail(
    job: Job,
    *,
    code: str,
    detail: str = "",
    actor: User | None = None,
    charge: Charge | None = None,
) -> Job:
    """End the job without images, release its hold and stop it at the provider. Raises Stale.

    `charge` is what the provider has reported of the attempt's end, if it has: it needs no stop
    then. Else the caller must still have its lease.
    """
    reason = EndReason(code, storable(detail), actor)
    guard = _lease(job, charge)
    return _end_without_images(job, Status.FAILED, reason, charge=charge, guard=guard)


def _lease(job: Job, charge: Charge | None) -> Q:
    return Q(due_at=job.due_at) if charge is None else Q()


def cancel(job: Job, *, actor: User | None, detail: str = "", is_charged: bool = False) -> Job:
    """End a job that is not being stored yet, and release or charge its hold. Raises Stale.

    The error code shows whether it was its owner; a command passes no actor. What its provider
    cannot stop counts for budgets at once.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    reason = EndReason(CHARGED if is_charged else code, storable(detail), actor)
    charge = Charge(usd=None, has_run=True) if job.runs_on else None
    return _end_without_images(job, Status.CANCELED, reason, charge=charge)


def _end_without_images(
    job: Job,
    to: Status,
    reason: EndReason,
    *,
    charge: Charge | None = None,
    guard: Q | None = None,
) -> Job:
    now, text = timezone.now(), ": ".join(filter(None, (reason.code, reason.detail)))
    # Read from the row, not from `job`: the reply to /run may have been stored since it was read.
    known_to_runpod = Case(When(runpod_id="", then=False), default=True)
    may_run = job.status in AT_PROVIDER and charge is None
    costs = {} if charge is None else costs_plus(job, charge)
    with transaction.atomic():
        ended = move(
            job,
            to,
            HistoryLine(to.value, now, text, reason.actor),
            guard=guard,
            due_at=None,
            finished_at=now,
            error_code=reason.code,
            error_detail=reason.detail,
            result=None,
            missing_since=None,
            stop_pending=known_to_runpod if may_run else False,
            progress=None,
            step=None,
            step_count=None,
            **costs,
        )
        if charge is not None:  # else once it is stopped and the provider has said what it cost
            spending.add(job, spending.cost_of_attempt(job, charge))
        end = holds.settle if reason.code == CHARGED else holds.release
        entry = end(reference=job.id, reason=reason.code or to.value)
        end_events.write(ended, topics=entry.webhook_topics)
    return ended


# --- ended jobs that may still run there: `stop_pending` until the provider was asked to cancel --
def request_stop(job: Job, *, runpod_id: str) -> None:
    """Mark a job that ended before the reply to /run: the provider took it and must stop it."""
    ended = Job.objects.filter(id=job.id, runpod_id="").exclude(status__in=ACTIVE)
    ended.update(runpod_id=runpod_id, stop_pending=True)


def store_stop(job: Job, *, charge: Charge | None = None) -> None:
    """Store that the provider has stopped an ended job, and what it charged if it has said so."""
    pending = Job.objects.filter(id=job.id, stop_pending=True)
    with transaction.atomic():
        if pending.update(stop_pending=False, **costs_plus(job, charge)):
            spending.add(job, spending.cost_of_attempt(job, charge))


def retry_stop(job: Job, *, give_up_after: timedelta) -> None:
    """Store that the provider does not know a job to stop; give up after that long."""
    now = timezone.now()
    if job.missing_since and now - job.missing_since >= give_up_after:
        store_stop(job)
    else:
        pending = Job.objects.filter(id=job.id, stop_pending=True)
        pending.update(missing_since=Coalesce(F("missing_since"), now))
