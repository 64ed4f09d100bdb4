"""The tick: find whatever is due and send messages for it."""

from contextlib import suppress

from django.db.models import Exists, OuterRef
from django.utils import timezone

from generation.jobs.engine import dispatch, failures, lifecycle
from generation.models import AT_PROVIDER, Endpoint, Job, ProviderOutage, Status

MAX_OVERDUE = 400  # in one tick


def tick() -> None:
    """Send messages for everything that is due."""
    now = timezone.now()
    due = Job.objects.active().filter(due_at__lte=now).order_by()
    kinds = set(due.values_list("status", "model__slug").distinct())
    for status, slug in sorted(kinds):
        if status in AT_PROVIDER:
            dispatch.check(slug)
        elif status == Status.QUEUED:
            dispatch.submit(slug)
    if any(status == Status.STORING for status, _ in kinds):
        dispatch.store()
    if Job.objects.filter(stop_pending=True).exists():
        dispatch.stop()
    if ProviderOutage.objects.due(now=now).exists():
        dispatch.probe()
    fail_overdue()


def fail_overdue() -> None:
    """Fail queued jobs that are past their deadline, except during an outage.

    A queued job has a deadline only if an earlier attempt was lost.
    """
    now = timezone.now()
    overdue = (
        Job.objects.queued().filter(deadline_at__lte=now, due_at__lte=now).order_by("due_at", "id")
    )
    outage = ProviderOutage.objects.blocking(OuterRef("endpoint_id"), provider=OuterRef("provider"))
    working = Endpoint.objects.enabled().exclude(Exists(outage)).values("model")
    for job in overdue.filter(model__in=working).select_related("model")[:MAX_OVERDUE]:
        with failures.isolated(job, code="deadline"), suppress(lifecycle.Stale):
            lifecycle.fail(job, code="deadline", detail="deadline passed between two attempts")
