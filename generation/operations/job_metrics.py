"""Metrics of jobs, credits, budgets and emails."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from accounts import outbox
from accounts.models import User
from artgen.ids import first_id
from generation.jobs import budgets, creation_switch, heartbeat
from generation.models import ACTIVE, ImageModel, Job, JobQuerySet, Status
from generation.operations import eta_report

RECENT_PERIOD = timedelta(hours=1)
PROMISES_PERIOD = timedelta(hours=24)


def jobs() -> Iterator[Metric]:
    """Yield the unfinished jobs, those that need attention, and the switch of creation."""
    now = timezone.now()
    active = Job.objects.active()
    all_of, due_of = _by_status(active), _by_status(active.filter(due_at__lte=now))
    jobs = GaugeMetricFamily("artgen_jobs", "Unfinished jobs by status.", labels=["status"])
    due = GaugeMetricFamily("artgen_jobs_due", "Unfinished jobs that are due.", labels=["status"])
    late = GaugeMetricFamily(
        "artgen_jobs_due_seconds", "Age of the oldest due job.", labels=["status"]
    )
    for status in ACTIVE:
        jobs.add_metric([status], all_of.get(status, (0, now))[0])
        count, oldest = due_of.get(status, (0, now))
        due.add_metric([status], count)
        late.add_metric([status], (now - oldest).total_seconds())
    yield from (jobs, due, late)
    yield GaugeMetricFamily(
        "artgen_jobs_stuck", "Jobs that require an operator.", Job.objects.stuck().count()
    )
    stop = Job.objects.filter(stop_pending=True).count()
    yield GaugeMetricFamily("artgen_jobs_to_stop", "Finished jobs to be stopped at RunPod.", stop)
    switch = creation_switch.read()
    yield GaugeMetricFamily("artgen_creating_on", "0: image creation is turned off.", switch.on)
    yield GaugeMetricFamily(
        "artgen_maintenance", "1: only staff can place jobs.", switch.maintenance
    )


def jobs_lately() -> Iterator[Metric]:
    """Yield the jobs of the last hour by status."""
    since = timezone.now() - RECENT_PERIOD
    lately = GaugeMetricFamily(
        "artgen_jobs_lately", "Jobs of the last hour by status.", labels=["status"]
    )
    stood = dict(
        Job.objects.of_users()
        .filter(created_at__gte=since, id__gte=first_id(since))
        .order_by()
        .values_list("status")
        .annotate(Count("id"))
    )
    for status in Status.values:
        lately.add_metric([status], stood.get(status, 0))
    yield lately


def lines() -> Iterator[Metric]:
    """Yield the unfinished jobs of each enabled model, and its limit at RunPod."""
    waiting = GaugeMetricFamily(
        "artgen_model_jobs", "Unfinished jobs of each enabled model.", labels=["model", "where"]
    )
    room = GaugeMetricFamily(
        "artgen_model_max_in_flight", "Limit of jobs at RunPod.", labels=["model"]
    )
    where = {
        Status.QUEUED: "waiting",
        Status.SUBMITTED: "out",
        Status.RUNNING: "out",
        Status.STORING: "storing",
    }
    offered = dict(
        ImageModel.objects.enabled().order_by("slug").values_list("slug", "max_in_flight")
    )
    of_models = {(slug, place): 0 for slug in offered for place in where.values()}
    active = Job.objects.active().order_by()
    for slug, status, count in active.values_list("model__slug", "status").annotate(Count("id")):
        key = slug, where[Status(status)]
        of_models[key] = of_models.get(key, 0) + count
    for slug, most in offered.items():
        room.add_metric([slug], most)
    for (slug, place), count in sorted(of_models.items()):
        waiting.add_metric([slug, place], count)
    yield from (waiting, room)


def promises() -> Iterator[Metric]:
    """Yield how often promised waiting times were kept."""
    jobs = GaugeMetricFamily(
        "artgen_promised_jobs",
        "Jobs of the last 24 hours with an image and a promised waiting time.",
        labels=["model"],
    )
    kept = GaugeMetricFamily(
        "artgen_promise_kept_ratio",
        "Share of them that ended by the promised time: about 0.5 of p50, 0.9 of p90.",
        labels=["model", "promise"],
    )
    for one in eta_report.kept_since(timezone.now() - PROMISES_PERIOD):
        jobs.add_metric([one.slug], one.jobs)
        for promise, share in (("p50", one.p50_share), ("p90", one.p90_share)):
            if share is not None:
                kept.add_metric([one.slug, promise], share)
    yield from (jobs, kept)


def _by_status(jobs: JobQuerySet) -> dict[str, tuple[int, datetime]]:
    """Return the count and the earliest `due_at` of each status."""
    rows = jobs.order_by().values_list("status").annotate(Count("id"), Min("due_at"))
    return {status: (count, oldest) for status, count, oldest in rows}


def credits() -> Iterator[Metric]:
    held = User.objects.aggregate(held=Sum("held"))["held"]
    yield GaugeMetricFamily("artgen_credits_held", "Credits held for unfinished jobs.", held or 0)


def budget_use() -> Iterator[Metric]:
    """Yield limits and use of budgets in dollars, and parked jobs."""
    labels = ["scope", "name", "period"]
    limit = GaugeMetricFamily("artgen_budget_limit_usd", "Limit of a budget.", labels=labels)
    used = GaugeMetricFamily(
        "artgen_budget_used_usd",
        "Spent in the present day or month, with what jobs at RunPod are expected to cost.",
        labels=labels,
    )
    reached = GaugeMetricFamily(
        "artgen_budget_reached", "1: jobs wait until it starts again.", labels=labels
    )
    for state in budgets.states():
        budget = state.budget
        scope = "group" if budget.group else "model" if budget.model else "site"
        name = budget.model.slug if budget.model else str(budget.group or "all jobs")
        values = [scope, name, budget.period]
        limit.add_metric(values, float(state.limit))
        used.add_metric(values, float(state.used))
        is_stopped = state.is_reached or budgets.waiting_for(state).exists()
        reached.add_metric(values, is_stopped)
    yield from (limit, used, reached)
    yield GaugeMetricFamily(
        "artgen_jobs_parked", "Queued jobs that wait for a budget.", Job.objects.parked().count()
    )


def ticks() -> Iterator[Metric]:
    last = heartbeat.last()
    if last is not None:
        age = (timezone.now() - last).total_seconds()
        yield GaugeMetricFamily(
            "artgen_tick_age_seconds", "Time since the last tick (every 2 s).", age
        )


def emails() -> Iterator[Metric]:
    found = outbox.totals()
    emails = GaugeMetricFamily(
        "artgen_emails", "Emails that are not sent, by what becomes of them.", labels=["state"]
    )
    for state, count in found.by_state.items():
        emails.add_metric([state.value], count)
    yield emails
