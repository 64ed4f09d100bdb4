"""Metrics for Prometheus, computed per scrape for the whole installation.

Jobs, credits and connections come from PostgreSQL, the queue from the broker, requests from
counters of all processes. A part that fails is left out and `artgen_part_up` is 0: a gap is better
than a wrong zero.
"""

import logging
from collections.abc import Callable, Container, Iterator

from django.conf import settings
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from generation.jobs.engine import heartbeat
from generation.operations import job_metrics, server_metrics
from generation.operations.alerts import records
from generation.operations.alerts.conditions import CONDITIONS

log = logging.getLogger(__name__)


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class _Collector:
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
        yield _conditions(missing)
        yield InfoMetricFamily(
            "artgen_build", "The running version.", {"version": settings.VERSION}
        )


def _conditions(missing: Container[str]) -> Metric:
    """Return what is wrong: what operators have been notified of, and what prevents that."""
    wrong = {"DatabaseDown"} if "database" in missing else records.reported()
    if "ticks" in missing:
        wrong.add("RedisDown")
    elif heartbeat.is_late():  # the process that checks for alerts may be down, too
        wrong.add("NoTicks")
    family = GaugeMetricFamily(
        "artgen_condition",
        "1: this is wrong, and has been for its time (manage.py alerts).",
        labels=["name", "severity"],
    )
    for name, condition in CONDITIONS.items():
        family.add_metric([name, condition.severity], name in wrong)
    return family


PARTS: dict[str, Callable[[], Iterator[Metric]]] = {
    "requests": server_metrics.requests,
    "database": server_metrics.database,
    "jobs": job_metrics.jobs,
    "jobs_lately": job_metrics.jobs_lately,
    "lines": job_metrics.lines,
    "endpoints": job_metrics.endpoints,
    "promises": job_metrics.promises,
    "credits": job_metrics.credits,
    "budgets": job_metrics.budget_use,
    "ticks": job_metrics.ticks,
    "queue": server_metrics.queue,
    "redis": server_metrics.redis,
    "disks": server_metrics.disk_space,
    "machine": server_metrics.machine,
}
NEEDS = dict.fromkeys(
    (
        *("jobs", "jobs_lately", "lines", "endpoints", "promises", "credits", "budgets"),
        *("disks", "queue"),
    ),
    "database",
)
"""Parts that are skipped when another part failed."""
