"""Health metrics with limits, for `manage.py monitor`."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from artgen.database import connection_budget
from artgen.observability import resources
from generation.operations import request_figures, waiting_work
from generation.operations.alerts.conditions import CONDITIONS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A value that must stay below its limit; None if there is nothing to measure."""

    name: str
    value: float | None
    limit: float
    unit: str
    detail: str
    broken: bool = False

    @property
    def ok(self) -> bool:
        return not self.broken and (self.value is None or self.value < self.limit)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "limit": self.limit, "ok": self.ok}


def measure(*, processor_share: float | None) -> list[Figure]:
    """Measure all figures; `processor_share` is the CPU share of this machine, 0 to 1."""
    looks: dict[str, tuple[float, str, Callable[[], tuple[float | None, str]]]] = {
        "api_p95": (CONDITIONS["ApiSlow"].limit, "ms", request_figures.api_p95),
        "error_rate": (CONDITIONS["Errors"].limit, "%", request_figures.error_rate),
        "database_connections": (connection_budget.read().limit, "", _database_connections),
        "celery_queue": (CONDITIONS["CeleryQueue"].limit, "", _celery_queue),
        "cpu_and_memory": (CONDITIONS["Processor"].limit, "%", lambda: _machine(processor_share)),
    }
    return [_figure(name, *look) for name, look in looks.items()]


def _figure(
    name: str, limit: float, unit: str, look: Callable[[], tuple[float | None, str]]
) -> Figure:
    try:
        value, detail = look()
    except Exception as error:  # noqa: BLE001 drivers raise anything; the others are reported
        log.warning("%s cannot be measured", name, extra={"error": repr(error)})
        return Figure(
            name, None, limit, unit, f"cannot be measured: {type(error).__name__}", broken=True
        )
    return Figure(name, None if value is None else round(value, 1), limit, unit, detail)


def _database_connections() -> tuple[float | None, str]:
    connections = resources.connections()
    programs = sorted(connections.by_program.items())
    own = ", ".join(f"{program} {count}" for program, count in programs)
    return connections.used, f"of {connections.max}; to this database: {own}"


def _celery_queue() -> tuple[float | None, str]:
    work = waiting_work.measure()
    detail = f"{work.messages} messages and {work.due} due jobs wait for a worker"
    return work.count, f"{detail}; {work.queued} jobs wait for their endpoints"


def _machine(processor_share: float | None) -> tuple[float | None, str]:
    memory = resources.memory()
    if processor_share is None or memory is None:
        return None, "nothing to measure: this machine does not report it"
    shares = {"CPU": processor_share * 100, "memory": memory.share * 100}
    return max(shares.values()), ", ".join(
        f"{name} {share:.0f} %" for name, share in shares.items()
    )
