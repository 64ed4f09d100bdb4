"""Stop ended jobs that may still run at the provider: POST /cancel."""

import logging
from datetime import timedelta

from django.conf import settings

from generation.jobs import clients
from generation.jobs.budgets import spending
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import lifecycle, outages
from generation.models import Job, OutageKind, ProviderOutage
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused, ProviderError
from generation.providers.provider import UNSTOPPABLE

log = logging.getLogger(__name__)

MAX_JOBS = 20


def stop() -> int:
    """Stop at most MAX_JOBS ended jobs at the provider; return how many. The tick goes on."""
    refused = ProviderOutage.objects.filter(kind=OutageKind.KEY_REFUSED).values("provider")
    pending = Job.objects.filter(stop_pending=True).exclude(endpoint__provider__in=refused)
    # Random order, so jobs that cannot be canceled do not starve the rest.
    jobs = list(pending.order_by("?")[:MAX_JOBS])
    for job in jobs:
        _stop(job)
    return len(jobs)


def stop_all() -> None:
    for job in Job.objects.filter(stop_pending=True).order_by("id"):
        _stop(job)


def _stop(job: Job) -> None:
    if job.place.provider in UNSTOPPABLE:
        lifecycle.store_stop(job, charge=Charge(usd=None, has_run=True))
        return
    try:
        clients.of(job.place.provider).cancel((job.place.endpoint_id, job.runpod_id))
    except Gone:
        # A single 404 is not proof that the job has ended.
        lifecycle.retry_stop(job, give_up_after=timedelta(seconds=settings.RUNPOD_MISSING_SECONDS))
    except (KeyRefused, EndpointMissing) as error:
        outages.start(job.place, error)
    except ProviderError as error:
        log.warning(
            "job not stopped at RunPod yet", extra={**job.log_fields, "error": error.full_text}
        )
    except Exception:
        log.exception("job not stopped at RunPod", extra=job.log_fields)
    else:
        lifecycle.store_stop(job, charge=_charge(job))


def _charge(job: Job) -> Charge | None:
    """Return what a stopped job cost, which only its report says; None if it cannot be read."""
    ref = job.place.endpoint_id, job.runpod_id
    try:
        return spending.charge_in(clients.of(job.place.provider).report(ref))
    except ProviderError as error:
        log.info("the cost of a stopped job is not known", extra={"error": error.full_text})
        return None
