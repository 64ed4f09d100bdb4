"""Metrics of the servers: requests, PostgreSQL, Redis, disks and machine."""

import socket
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from artgen.database import connection_budget
from artgen.observability import disks, health, request_stats, resources
from generation.operations import waiting_work
from generation.operations.gauge import gauge


def requests() -> Iterator[Metric]:
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
    health.check_database()
    connections, limit = resources.connections(), connection_budget.read().limit
    name = "artgen_database_connections"
    yield gauge(name, "All connections to PostgreSQL.", connections.used)
    yield gauge(f"{name}_most", "PostgreSQL's max_connections.", connections.max)
    yield gauge(f"{name}_limit", "Alert threshold of connections.", limit)
    text = "Connections to our database."
    yield gauge("artgen_program_connections", text, connections.by_program, "program")


def queue() -> Iterator[Metric]:
    text = "Celery messages and due jobs waiting for a worker."
    yield gauge("artgen_celery_queue", text, waiting_work.measure().count)


def redis() -> Iterator[Metric]:
    memory = resources.redis_memory()
    yield gauge("artgen_redis_memory_bytes", "Memory used by Redis.", memory.used)
    yield gauge("artgen_redis_memory_most_bytes", "Memory limit of Redis; 0: none.", memory.max)


def disk_space() -> Iterator[Metric]:
    disk_by_contents = {", ".join(disk.contents): disk for disk in disks.disks()}
    total = {contents: disk.total for contents, disk in disk_by_contents.items()}
    free = {contents: disk.free for contents, disk in disk_by_contents.items()}
    yield gauge("artgen_disk_bytes", "Size of the disk.", total, "contents")
    yield gauge("artgen_disk_free_bytes", "Free space.", free, "contents")


def machine() -> Iterator[Metric]:
    name = socket.gethostname()
    if processor := resources.processor():
        spent = CounterMetricFamily(
            "artgen_machine_cpu_seconds", "CPU time of all cores.", labels=["machine", "mode"]
        )
        spent.add_metric([name, "busy"], processor.busy)
        spent.add_metric([name, "idle"], processor.idle)
        yield spent
    if memory := resources.memory():
        yield gauge("artgen_machine_memory_bytes", "Memory.", {name: memory.total}, "machine")
        available = {name: memory.available}
        text = "Available memory."
        yield gauge("artgen_machine_memory_available_bytes", text, available, "machine")
