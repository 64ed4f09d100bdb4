"""How an attempt or a job ends, here and there. Each end of a job moves its credits once."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.credits import holds
from accounts.models import User
from artgen.database import raw_sql
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import end_events
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import (
    NO_COSTS,
    Stale,
    Transition,
    change,
    change_one,
    change_quietly,
    costs,
)
from generation.models import ACTIVE, AT_PROVIDER, CHARGED, Image, Job

STOPPED_BY_STAFF = "stopped_by_staff"


def retry_attempt(job: Job, *, code: str, detail: str, charge: Charge | None = None) -> Job:
    """Give the job another attempt at our cost, or fail it with `code` if none remains.

    `charge` is that of the attempt that ends here, if the provider has reported its end; else the
    caller must still have its lease: a webhook may have just said more. Raises Stale.
    """
    now = timezone.now()
    if job.attempt >= settings.JOB_MAX_ATTEMPTS or (job.deadline_at and job.deadline_at <= now):
        return fail(job, code=code, detail=detail, charge=charge)
    given = {"has_report": charge is not None, "detail": _text(code, detail)}
    return change_one(transitions.LOST, job, given | costs(job, charge))


def succeed(job: Job, *, images: Sequence[Image]) -> Job:
    """End the job with its stored images and settle its hold. Raises Stale."""
    with transaction.atomic():
        moved = change(transitions.SUCCEEDED, [(job, {})], images=raw_sql.as_json(images))
        if not moved:
            raise Stale
        (ended,) = moved
        ended.new_images = images
        entry = holds.settle(reference=job.id)
        end_events.write(ended, topics=entry.webhook_topics)
    return ended


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
    return _end(transitions.FAILED, job, code=code, detail=detail, actor=actor, charge=charge)


def cancel(job: Job, *, actor: User | None, detail: str = "", is_charged: bool = False) -> Job:
    """End a job that is not being stored yet, and release or charge its hold. Raises Stale.

    The error code shows whether it was its owner; a command passes no actor. What its provider
    cannot stop counts for budgets at once.
    """
    if not job.is_cancelable:
        raise Stale
    code = "" if actor is not None and actor.id == job.user_id else STOPPED_BY_STAFF
    if is_charged:
        code = CHARGED
    charge = Charge(usd=None, has_run=True) if job.runs_on else None
    return _end(transitions.CANCELED, job, code=code, detail=detail, actor=actor, charge=charge)


def _end(
    transition: Transition,
    job: Job,
    *,
    code: str,
    detail: str,
    actor: User | None,
    charge: Charge | None,
) -> Job:
    """End the job without images. Without a charge, its cost is known once it is stopped."""
    with transaction.atomic():
        given = {
            **(costs(job, charge) if charge else NO_COSTS),
            "has_report": charge is not None,
            "may_run": job.status in AT_PROVIDER and charge is None,
            "error_code": code,
            "error_detail": detail,
            "detail": _text(code, detail),
        }
        ended = change_one(transition, job, given, actor=actor)
        end = holds.settle if code == CHARGED else holds.release
        entry = end(reference=job.id, reason=code or ended.status)
        end_events.write(ended, topics=entry.webhook_topics)
    return ended


def _text(*parts: str) -> str:
    return ": ".join(filter(None, parts))


# --- ended jobs that may still run there: `stop_pending` until the provider was asked to cancel --
def request_stop(job: Job, *, runpod_id: str) -> None:
    """Mark a job that ended before the reply to /run: the provider took it and must stop it."""
    ended = Job.objects.filter(id=job.id, runpod_id="").exclude(status__in=ACTIVE)
    ended.update(runpod_id=runpod_id, stop_pending=True)


def store_stop(job: Job, *, charge: Charge | None = None) -> None:
    """Store that the provider has stopped an ended job, and what it charged if it has said so."""
    change_quietly(transitions.STOPPED, [(job, costs(job, charge))])


def retry_stop(job: Job, *, give_up_after: timedelta) -> None:
    """Store that the provider does not know a job to stop; give up after that long."""
    now = timezone.now()
    if job.missing_since and now - job.missing_since >= give_up_after:
        store_stop(job)
    else:
        pending = Job.objects.filter(id=job.id, stop_pending=True)
        pending.update(missing_since=Coalesce(F("missing_since"), now))
