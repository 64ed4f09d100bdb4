"""Metrics of the servers: requests, PostgreSQL, Redis, disks, certificate and machine."""

import socket
import ssl
from collections.abc import Iterator

from django.core.cache import cache
from django.utils import timezone
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from artgen import connection_budget
from artgen.observability import disks, health, request_stats, resources, sockets_heartbeat
from artgen.observability.certificate import certificate
from generation.models import BackupRecord

CERTIFICATE_KEY, CERTIFICATE_SECONDS = "metrics:certificate", 3600


def requests() -> Iterator[Metric]:
    """Yield number and duration of requests, of all processes."""
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


def database() -> Iterator[Metric]:
    """Yield the connections to PostgreSQL."""
    health.check_database()
    found = resources.connections()
    yield GaugeMetricFamily(
        "artgen_database_connections", "All connections to PostgreSQL.", found.used
    )
    yield GaugeMetricFamily(
        "artgen_database_connections_most", "PostgreSQL's max_connections.", found.max
    )
    yield GaugeMetricFamily(
        "artgen_database_connections_limit",
        "Alert threshold of connections.",
        connection_budget.read().limit,
    )
    own = GaugeMetricFamily(
        "artgen_program_connections", "Connections to our database.", labels=["program"]
    )
    for program, count in sorted(found.by_program.items()):
        own.add_metric([program], count)
    yield own


def backup() -> Iterator[Metric]:
    newest = BackupRecord.objects.complete().first()
    if newest is not None:
        yield GaugeMetricFamily(
            "artgen_backup_age_seconds", "Age of the newest backup.", newest.age.total_seconds()
        )


def queue() -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "artgen_celery_queue", "Celery messages waiting for a worker.", resources.queue_length()
    )


def redis() -> Iterator[Metric]:
    found = resources.redis_memory()
    yield GaugeMetricFamily("artgen_redis_memory_bytes", "Memory used by Redis.", found.used)
    yield GaugeMetricFamily(
        "artgen_redis_memory_most_bytes", "Memory limit of Redis; 0: no limit.", found.max
    )
    yield GaugeMetricFamily("artgen_redis_clients", "Connections to Redis.", found.clients)


def disk_space() -> Iterator[Metric]:
    size = GaugeMetricFamily("artgen_disk_bytes", "Size of the disk.", labels=["contents"])
    free = GaugeMetricFamily("artgen_disk_free_bytes", "Free space.", labels=["contents"])
    for disk in disks.disks():
        contents = ", ".join(disk.contents)
        size.add_metric([contents], disk.total)
        free.add_metric([contents], disk.free)
    yield from (size, free)


def certificate_validity() -> Iterator[Metric]:
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


def machine() -> Iterator[Metric]:
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


def sockets() -> Iterator[Metric]:
    alive = sockets_heartbeat.is_alive()
    if alive is not None:
        yield GaugeMetricFamily(
            "artgen_sockets_up", "0: socket processes have run, and none does now.", alive
        )
