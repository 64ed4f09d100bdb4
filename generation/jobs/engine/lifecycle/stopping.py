"""Ended jobs that RunPod may still run: `stop_pending` until it has been asked to cancel them."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine.lifecycle.transition import costs_plus
from generation.models import ACTIVE, Job


def request_stop(job: Job, *, runpod_id: str) -> None:
    """Mark a job that ended before the reply to /run arrived: RunPod took it and must stop it."""
    ended = Job.objects.filter(id=job.id, runpod_id="").exclude(status__in=ACTIVE)
    ended.update(runpod_id=runpod_id, stop_pending=True)


def store_stop(job: Job, *, charge: Charge | None = None) -> None:
    """Store that RunPod has stopped an ended job, and what it charged if it has said so."""
    pending = Job.objects.filter(id=job.id, stop_pending=True)
    with transaction.atomic():
        if pending.update(stop_pending=False, **costs_plus(job, charge)):
            spending.add(job, spending.of_attempt(job, charge))


def retry_stop(job: Job, *, give_up_after: timedelta) -> None:
    """Store that RunPod does not know a job to stop; give up after it has said so for that long."""
    now = timezone.now()
    if job.missing_since and now - job.missing_since >= give_up_after:
        store_stop(job)
    else:
        pending = Job.objects.filter(id=job.id, stop_pending=True)
        pending.update(missing_since=Coalesce(F("missing_since"), now))
