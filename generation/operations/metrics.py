"""Metrics for Prometheus, computed per scrape for the whole installation.

Jobs, credits and connections come from PostgreSQL, the queue from the broker, requests from
counters of all processes. A part that fails is left out and `artgen_part_up` is 0: a gap is better
than a wrong zero.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest

from accounts import outbox
from accounts.models import User
from artgen import connection_budget
from artgen.observability import disks, health, request_stats, resources, sockets_heartbeat
from artgen.observability.certificate import certificate
from generation.jobs import budgets, creation_switch, heartbeat
from generation.models import (
    ACTIVE,
    BackupRecord,
    ImageModel,
    Job,
    JobQuerySet,
    ProviderOutage,
    Status,
)
from generation.models.ids import first_id
from generation.operations import eta_report

log = logging.getLogger(__name__)

RECENT_PERIOD = timedelta(hours=1)
PROMISES_PERIOD = timedelta(hours=24)
CERTIFICATE_KEY, CERTIFICATE_SECONDS = "metrics:certificate", 3600


def exposition() -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class _Collector:
    """Collects every part."""

    def describe(self) -> list[Metric]:
        """Return nothing: registering must not query anything."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the parts, then which parts succeeded."""
        up = GaugeMetricFamily("artgen_part_up", "1: this part was measured.", labels=["part"])
        missing: set[str] = set()
        for name, part in PARTS.items():
            if NEEDS.get(name) in missing:  # another timeout would exceed that of Prometheus
                up.add_metric([name], 0)
                continue
            try:
                yield from list(part())
            except Exception as error:  # noqa: BLE001 drivers raise anything
                log.warning("%s cannot be measured", name, extra={"error": repr(error)})
                up.add_metric([name], 0)
                missing.add(name)
            else:
                up.add_metric([name], 1)
        yield up
        yield InfoMetricFamily(
            "artgen_build", "The running version.", {"version": settings.VERSION}
        )


def _requests() -> Iterator[Metric]:
    total = CounterMetricFamily(
        "artgen_requests", "Requests answered by the application.", labels=["kind", "status"]
    )
    spent = HistogramMetricFamily(
        "artgen_request_seconds", "Duration of these requests.", labels=["kind"]
    )
    by_kind: dict[str, request_stats.Times] = {}
    for (kind, status), times in sorted(request_stats.totals().items()):
        total.add_metric([kind, status], times.count)
        by_kind[kind] = by_kind.get(kind, request_stats.Times()) + times
    for kind, times in by_kind.items():
        buckets, below = [], 0
        for bound, count in zip((*request_stats.BOUNDS, "+Inf"), times.counts, strict=True):
            below += count
            buckets.append((str(bound), float(below)))
        spent.add_metric([kind], buckets, times.seconds)
    yield from (total, spent)


def _jobs() -> Iterator[Metric]:
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
    not_stored = Job.objects.not_stored().count()
    yield GaugeMetricFamily(
        "artgen_jobs_not_stored", "Finished jobs whose images are not stored yet.", not_stored
    )
    outages = GaugeMetricFamily(
        "artgen_provider_outage_seconds",
        "Duration of the outage.",
        labels=["kind", "endpoint"],
    )
    for outage in ProviderOutage.objects.all():
        outages.add_metric([outage.kind, outage.endpoint_id], (now - outage.since).total_seconds())
    yield outages
    stop = Job.objects.filter(stop_pending=True).count()
    yield GaugeMetricFamily("artgen_jobs_to_stop", "Finished jobs to be stopped at RunPod.", stop)
    switch = creation_switch.read()
    yield GaugeMetricFamily("artgen_creating_on", "0: image creation is turned off.", switch.on)
    yield GaugeMetricFamily(
        "artgen_maintenance", "1: only staff can place jobs.", switch.maintenance
    )


def _jobs_lately() -> Iterator[Metric]:
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


def _lines() -> Iterator[Metric]:
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


def _promises() -> Iterator[Metric]:
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


def _credits() -> Iterator[Metric]:
    held = User.objects.aggregate(held=Sum("held"))["held"]
    yield GaugeMetricFamily("artgen_credits_held", "Credits held for unfinished jobs.", held or 0)


def _budgets() -> Iterator[Metric]:
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


def _ticks() -> Iterator[Metric]:
    last = heartbeat.last()
    if last is not None:
        age = (timezone.now() - last).total_seconds()
        yield GaugeMetricFamily(
            "artgen_tick_age_seconds", "Time since the last tick (every 2 s).", age
        )


def _database() -> Iterator[Metric]:
    health.check_database()
    found = resources.connections()
    if found is None:
        return
    yield GaugeMetricFamily(
        "artgen_database_connections", "All connections to PostgreSQL.", found.used
    )
    yield GaugeMetricFamily(
        "artgen_database_connections_most", "PostgreSQL's max_connections.", found.max
    )
    budget = connection_budget.read()
    yield GaugeMetricFamily(
        "artgen_database_connections_limit", "Alert threshold of connections.", budget.limit
    )
    yield GaugeMetricFamily(
        "artgen_database_connections_planned",
        "Connections that all processes together can open.",
        budget.connections,
    )
    own = GaugeMetricFamily(
        "artgen_program_connections", "Connections to our database.", labels=["program"]
    )
    for program, count in sorted(found.by_program.items()):
        own.add_metric([program], count)
    yield own


def _backup() -> Iterator[Metric]:
    newest = BackupRecord.objects.complete().first()
    if newest is not None:
        yield GaugeMetricFamily(
            "artgen_backup_age_seconds", "Age of the newest backup.", newest.age.total_seconds()
        )


def _queue() -> Iterator[Metric]:
    length = resources.queue_length()
    if length is not None:
        yield GaugeMetricFamily(
            "artgen_celery_queue", "Celery messages waiting for a worker.", length
        )


def _redis() -> Iterator[Metric]:
    found = resources.redis_memory()
    if found is None:
        return
    yield GaugeMetricFamily("artgen_redis_memory_bytes", "Memory used by Redis.", found.used)
    yield GaugeMetricFamily(
        "artgen_redis_memory_most_bytes", "Memory limit of Redis; 0: no limit.", found.max
    )
    yield GaugeMetricFamily("artgen_redis_clients", "Connections to Redis.", found.clients)


def _disks() -> Iterator[Metric]:
    size = GaugeMetricFamily("artgen_disk_bytes", "Size of the disk.", labels=["contents"])
    free = GaugeMetricFamily("artgen_disk_free_bytes", "Free space.", labels=["contents"])
    for disk in disks.disks():
        contents = ", ".join(disk.contents)
        size.add_metric([contents], disk.total)
        free.add_metric([contents], disk.free)
    yield from (size, free)


def _certificate() -> Iterator[Metric]:
    """Yield how long the certificate of PUBLIC_URL is valid, which is looked up once an hour.

    0 if browsers refuse it; nothing without https, or if it cannot be reached from here.
    """
    until = cache.get(CERTIFICATE_KEY)
    if until is None:
        try:
            found = certificate()
            until = found.valid_until.timestamp() if found else 0.0
        except ssl.SSLCertVerificationError:
            until = 1.0
        except OSError:
            until = 0.0
        cache.set(CERTIFICATE_KEY, until, CERTIFICATE_SECONDS)
    if until:
        left = max(0.0, until - timezone.now().timestamp())
        yield GaugeMetricFamily(
            "artgen_certificate_seconds", "How long the certificate is still valid.", left
        )


def _machine() -> Iterator[Metric]:
    """Yield metrics of this machine, labeled with its name."""
    name = socket.gethostname()
    if processor := resources.processor():
        spent = CounterMetricFamily(
            "artgen_machine_cpu_seconds", "CPU time of all cores.", labels=["machine", "mode"]
        )
        spent.add_metric([name, "busy"], processor.busy)
        spent.add_metric([name, "idle"], processor.idle)
        yield spent
    if memory := resources.memory():
        size = GaugeMetricFamily("artgen_machine_memory_bytes", "Memory.", labels=["machine"])
        size.add_metric([name], memory.total)
        free = GaugeMetricFamily(
            "artgen_machine_memory_available_bytes", "Available memory.", labels=["machine"]
        )
        free.add_metric([name], memory.available)
        yield from (size, free)


def _sockets() -> Iterator[Metric]:
    alive = sockets_heartbeat.is_alive()
    if alive is not None:
        yield GaugeMetricFamily(
            "artgen_sockets_up", "0: socket processes have run, and none does now.", alive
        )


def _emails() -> Iterator[Metric]:
    found = outbox.totals()
    emails = GaugeMetricFamily(
        "artgen_emails", "Emails that are not sent, by what becomes of them.", labels=["state"]
    )
    for state, count in found.by_state.items():
        emails.add_metric([state.value], count)
    late = (timezone.now() - found.due_since).total_seconds() if found.due_since else 0
    yield emails
    yield GaugeMetricFamily(
        "artgen_emails_due_seconds", "Since when the oldest due email is due.", late
    )


PARTS: dict[str, Callable[[], Iterator[Metric]]] = {
    "requests": _requests,
    "database": _database,
    "jobs": _jobs,
    "jobs_lately": _jobs_lately,
    "lines": _lines,
    "promises": _promises,
    "credits": _credits,
    "budgets": _budgets,
    "ticks": _ticks,
    "backup": _backup,
    "queue": _queue,
    "redis": _redis,
    "sockets": _sockets,
    "emails": _emails,
    "disks": _disks,
    "certificate": _certificate,
    "machine": _machine,
}
NEEDS = dict.fromkeys(
    (
        *("jobs", "jobs_lately", "lines", "promises", "credits", "budgets"),
        *("emails", "disks", "backup"),
    ),
    "database",
)
"""Parts that are skipped when another part failed."""
