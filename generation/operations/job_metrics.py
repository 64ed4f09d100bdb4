"""Metrics of jobs, credits and budgets."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, Sum
from django.utils import timezone
from prometheus_client.core import Metric

from accounts.models import User
from artgen.database.ids import first_id
from generation.jobs.budgets import budget_state
from generation.jobs.engine import heartbeat
from generation.models import (
    ACTIVE,
    Budget,
    Endpoint,
    ImageModel,
    Job,
    ProviderOutage,
    Status,
)
from generation.operations import kept_promises
from generation.operations.gauge import gauge

RECENT_PERIOD = timedelta(hours=1)
PROMISES_PERIOD = timedelta(hours=24)


def jobs() -> Iterator[Metric]:
    now = timezone.now()
    active = Job.objects.active().order_by().values_list("status")
    counts = dict(active.annotate(Count("id")))
    oldest: dict[str, datetime] = dict(active.filter(due_at__lte=now).annotate(Min("due_at")))
    late = {status: (now - oldest.get(status, now)).total_seconds() for status in ACTIVE}
    by_status = {status: counts.get(status, 0) for status in ACTIVE}
    yield gauge("artgen_jobs", "Unfinished jobs by status.", by_status, "status")
    yield gauge("artgen_jobs_due_seconds", "Age of the oldest due job.", late, "status")


def jobs_lately() -> Iterator[Metric]:
    since = timezone.now() - RECENT_PERIOD
    recent = Job.objects.of_users().filter(created_at__gte=since, id__gte=first_id(since))
    counts = dict(recent.order_by().values_list("status").annotate(Count("id")))
    by_status = {status: counts.get(status, 0) for status in Status.values}
    yield gauge("artgen_jobs_lately", "Jobs of the last hour by status.", by_status, "status")


def lines() -> Iterator[Metric]:
    """Yield the unfinished jobs of each enabled model, and its limit at the provider."""
    where = {
        Status.QUEUED: "waiting",
        Status.SUBMITTED: "out",
        Status.RUNNING: "out",
        Status.STORING: "storing",
    }
    room = Sum("endpoints__max_in_flight", filter=Q(endpoints__enabled=True), default=0)
    models = ImageModel.objects.enabled().annotate(room=room).order_by("slug")
    limits = dict(models.values_list("slug", "room"))
    counts = {(slug, place): 0 for slug in limits for place in where.values()}
    active = Job.objects.active().order_by()
    for slug, status, count in active.values_list("model__slug", "status").annotate(Count("id")):
        key = slug, where[Status(status)]
        counts[key] = counts.get(key, 0) + count
    text = "Unfinished jobs of each enabled model."
    yield gauge("artgen_model_jobs", text, counts, "model", "where")
    yield gauge("artgen_model_max_in_flight", "Limit of jobs at RunPod.", limits, "model")


def endpoints() -> Iterator[Metric]:
    """Yield the jobs at each enabled endpoint, and whether it takes more."""
    outage = ProviderOutage.objects.blocking(OuterRef("endpoint_id"), provider=OuterRef("provider"))
    at_once = Job.objects.at_provider().order_by().values_list("endpoint").annotate(Count("id"))
    jobs, now = dict(at_once), timezone.now()
    places, opened = {}, {}
    for pk, *labels, submit_after, is_away in (
        Endpoint.objects.enabled()
        .filter(model__enabled=True)
        .values_list("pk", "model__slug", "provider", "endpoint_id", "submit_after", Exists(outage))
    ):
        key = tuple(labels)
        places[key] = jobs.get(pk, 0)
        opened[key] = int(not is_away and (submit_after is None or submit_after <= now))
    names = "model", "provider", "endpoint"
    yield gauge("artgen_endpoint_jobs", "Jobs at an enabled endpoint.", places, *names)
    text = "1: the endpoint takes jobs. 0: an outage or failed submissions pause it."
    yield gauge("artgen_endpoint_open", text, opened, *names)


def promises() -> Iterator[Metric]:
    shares = {
        (model.slug, promise): share
        for model in kept_promises.kept_since(timezone.now() - PROMISES_PERIOD)
        for promise, share in (("p50", model.p50_share), ("p90", model.p90_share))
        if share is not None
    }
    yield gauge(
        "artgen_promise_kept_ratio",
        "Share of the jobs of 24 hours that ended by the promised time: about 0.5 of p50, 0.9 of "
        "p90.",
        shares,
        *("model", "promise"),
    )


def credits() -> Iterator[Metric]:
    held = User.objects.aggregate(held=Sum("held", default=0))["held"]
    yield gauge("artgen_credits_held", "Credits held for unfinished jobs.", held)


def _scope_of(budget: Budget) -> str:
    if budget.group:
        return "group"
    return "model" if budget.model else "site"


def budget_use() -> Iterator[Metric]:
    limits, used = {}, {}
    for state in budget_state.states():
        budget = state.budget
        scope = _scope_of(budget)
        name = budget.model.slug if budget.model else str(budget.group or "all jobs")
        limits[scope, name, budget.period] = float(state.limit)
        used[scope, name, budget.period] = float(state.used)
    labels = "scope", "name", "period"
    text = "Spent in the present day or month, with what jobs at RunPod are expected to cost."
    yield gauge("artgen_budget_limit_usd", "Limit of a budget.", limits, *labels)
    yield gauge("artgen_budget_used_usd", text, used, *labels)
    parked = Job.objects.parked().count()
    yield gauge("artgen_jobs_parked", "Queued jobs that wait for a budget.", parked)


def ticks() -> Iterator[Metric]:
    if (last := heartbeat.last()) is not None:
        age = (timezone.now() - last).total_seconds()
        yield gauge("artgen_tick_age_seconds", "Time since the last tick (every 2 s).", age)
