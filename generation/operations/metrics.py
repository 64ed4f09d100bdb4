"""What Prometheus is told, computed when it asks: whichever process answers, the figures are those of the whole.

Jobs, credits and connections come from PostgreSQL, the queue from the broker, requests from what all processes have
counted. A part that cannot be asked is left out and `artgen_part_up` says so, for a gap is more honest than a zero.
https://prometheus.io/docs/instrumenting/writing_exporters/
"""

import logging
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
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

from accounts.models import User
from artgen import connection_budget
from artgen.observability import health, request_stats, resources
from generation.jobs import heartbeat
from generation.models import (
    ACTIVE,
    GenerationSwitch,
    ImageModel,
    Job,
    JobQuerySet,
    ProviderOutage,
    Status,
)

log = logging.getLogger(__name__)

LATELY = timedelta(hours=1)


def exposition() -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class _Collector:
    """Asks every part when it is collected."""

    def describe(self) -> list[Metric]:
        """Tell nothing beforehand: registering must ask nobody."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what the parts say, then which of them could be asked."""
        up = GaugeMetricFamily("artgen_part_up", "1: this part could be asked.", labels=["part"])
        missing: set[str] = set()
        for name, part in PARTS.items():
            if (
                NEEDS.get(name) in missing
            ):  # to wait for the same again would be longer than Prometheus does
                up.add_metric([name], 0)
                continue
            try:
                yield from list(part())
            except Exception as error:  # noqa: BLE001 whatever its driver raises, the others are told
                log.warning("%s cannot be measured", name, extra={"error": repr(error)})
                up.add_metric([name], 0)
                missing.add(name)
            else:
                up.add_metric([name], 1)
        yield up
        yield InfoMetricFamily(
            "artgen_build", "The version that answered.", {"version": settings.VERSION}
        )


def _requests() -> Iterator[Metric]:
    total = CounterMetricFamily(
        "artgen_requests", "Requests answered by the application.", labels=["kind", "status"]
    )
    spent = HistogramMetricFamily(
        "artgen_request_seconds", "Seconds they took there.", labels=["kind"]
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
    jobs = GaugeMetricFamily(
        "artgen_jobs", "Jobs that are not finished, by status.", labels=["status"]
    )
    due = GaugeMetricFamily(
        "artgen_jobs_due", "Of these, jobs that somebody must look at now.", labels=["status"]
    )
    late = GaugeMetricFamily(
        "artgen_jobs_due_seconds", "How long the oldest of these has been due.", labels=["status"]
    )
    for status in ACTIVE:
        jobs.add_metric([status], all_of.get(status, (0, now))[0])
        count, oldest = due_of.get(status, (0, now))
        due.add_metric([status], count)
        late.add_metric([status], (now - oldest).total_seconds())
    yield from (jobs, due, late)
    yield GaugeMetricFamily(
        "artgen_jobs_stuck", "Jobs that want an operator's eye.", Job.objects.stuck().count()
    )
    not_stored = Job.objects.not_stored().count()
    yield GaugeMetricFamily(
        "artgen_jobs_not_stored", "Finished jobs whose images could not be stored yet.", not_stored
    )
    outages = GaugeMetricFamily(
        "artgen_provider_outage_seconds",
        "How long RunPod has refused this.",
        labels=["kind", "endpoint"],
    )
    for outage in ProviderOutage.objects.all():
        outages.add_metric([outage.kind, outage.endpoint_id], (now - outage.since).total_seconds())
    yield outages
    stop = Job.objects.filter(stop_pending=True).count()
    yield GaugeMetricFamily(
        "artgen_jobs_to_stop", "Ended jobs that RunPod has not been told of yet.", stop
    )
    on = not GenerationSwitch.objects.filter(on=False).exists()
    yield GaugeMetricFamily("artgen_creating_on", "0: the stop switch holds everything.", on)


def _jobs_lately() -> Iterator[Metric]:
    since = timezone.now() - LATELY
    lately = GaugeMetricFamily(
        "artgen_jobs_lately", "Jobs of the last hour, by how they stand.", labels=["status"]
    )
    stood = dict(
        Job.objects.filter(created_at__gte=since, id__gte=_first_id_of(since))
        .order_by()
        .values_list("status")
        .annotate(Count("id"))
    )
    for status in Status.values:
        lately.add_metric([status], stood.get(status, 0))
    yield lately


def _lines() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "artgen_model_jobs", "Jobs of each model on offer.", labels=["model", "where"]
    )
    room = GaugeMetricFamily(
        "artgen_model_max_in_flight", "Jobs that may be at RunPod at once.", labels=["model"]
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


def _by_status(jobs: JobQuerySet) -> dict[str, tuple[int, datetime]]:
    """Return how many there are in each status, and since when the oldest of them has been due."""
    rows = jobs.order_by().values_list("status").annotate(Count("id"), Min("due_at"))
    return {status: (count, oldest) for status, count, oldest in rows}


def _first_id_of(moment: datetime) -> UUID:
    """Return the id that no UUIDv7 of this moment is below, so that recent rows are found by the primary key."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _credits() -> Iterator[Metric]:
    held = User.objects.aggregate(held=Sum("held"))["held"]
    yield GaugeMetricFamily(
        "artgen_credits_held", "Credits set aside for jobs under way.", held or 0
    )


def _ticks() -> Iterator[Metric]:
    last = heartbeat.last()
    if last is not None:
        age = (timezone.now() - last).total_seconds()
        yield GaugeMetricFamily(
            "artgen_tick_age_seconds", "Since the last tick; there is one every 2 s.", age
        )


def _database() -> Iterator[Metric]:
    health.check_database()
    found = resources.connections()
    if found is None:
        return
    yield GaugeMetricFamily(
        "artgen_database_connections", "Connections to PostgreSQL, everybody's.", found.used
    )
    yield GaugeMetricFamily(
        "artgen_database_connections_most", "PostgreSQL's max_connections.", found.max
    )
    limit = connection_budget.read().limit
    yield GaugeMetricFamily(
        "artgen_database_connections_limit", "Above so many, raise the alarm.", limit
    )
    own = GaugeMetricFamily(
        "artgen_program_connections", "Connections to our database.", labels=["program"]
    )
    for program, count in sorted(found.by_program.items()):
        own.add_metric([program], count)
    yield own


def _queue() -> Iterator[Metric]:
    length = resources.queue_length()
    if length is not None:
        yield GaugeMetricFamily(
            "artgen_celery_queue", "Celery messages that wait for a worker.", length
        )


def _redis() -> Iterator[Metric]:
    found = resources.redis_memory()
    if found is None:
        return
    yield GaugeMetricFamily("artgen_redis_memory_bytes", "Memory that Redis uses.", found.used)
    yield GaugeMetricFamily(
        "artgen_redis_memory_most_bytes", "Memory that it may use; 0: no limit.", found.max
    )
    yield GaugeMetricFamily("artgen_redis_clients", "Connections to Redis.", found.clients)


def _machine() -> Iterator[Metric]:
    """Tell of the machine of the process that answers, under its name: several machines are several series."""
    name = socket.gethostname()
    if processor := resources.processor():
        spent = CounterMetricFamily(
            "artgen_machine_cpu_seconds", "All cores' time.", labels=["machine", "mode"]
        )
        spent.add_metric([name, "busy"], processor.busy)
        spent.add_metric([name, "idle"], processor.idle)
        yield spent
    if memory := resources.memory():
        size = GaugeMetricFamily("artgen_machine_memory_bytes", "Its memory.", labels=["machine"])
        size.add_metric([name], memory.total)
        free = GaugeMetricFamily(
            "artgen_machine_memory_available_bytes", "What is left of it.", labels=["machine"]
        )
        free.add_metric([name], memory.available)
        yield from (size, free)


PARTS: dict[str, Callable[[], Iterator[Metric]]] = {
    "requests": _requests,
    "database": _database,
    "jobs": _jobs,
    "jobs_lately": _jobs_lately,
    "lines": _lines,
    "credits": _credits,
    "ticks": _ticks,
    "queue": _queue,
    "redis": _redis,
    "machine": _machine,
}
NEEDS = dict.fromkeys(("jobs", "jobs_lately", "lines", "credits"), "database")
"""Which part has to answer before another is asked at all; it stands before them."""
