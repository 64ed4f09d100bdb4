"""How many processes this installation runs and how many database connections they may open together.

One place for gunicorn's configuration, the settings and the check that adds everything up, so they cannot disagree.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

LANES = 3
"""Of a worker: drive, store, slow (artgen.worker)."""

SPARE = 3
"""Connections kept free for commands, psql and backups."""


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_children() -> int:
    """Return how many children a worker has unless CELERY_CONCURRENCY says otherwise: 4 do what 12 do on two cores."""
    return min(12, 2 * cores())


@dataclass(frozen=True)
class Capacity:
    """Processes of each kind, and what each may take. `…_machines` is on how many machines that kind runs."""

    web_workers: int
    web_threads: int
    web_pool: int
    web_machines: int
    sockets_pool: int
    sockets_machines: int
    worker_lanes: int
    worker_pool: int
    worker_machines: int
    limit: int

    @property
    def connections(self) -> int:
        """The most connections that all processes can hold at the same time."""
        return (
            self.web_machines * self.web_workers * self.web_pool
            + self.sockets_machines * self.sockets_pool
            + self.worker_machines * self.worker_lanes * self.worker_pool
            + 1
            + SPARE
        )

    @property
    def standing_in(self) -> int:
        """The most connections that stand-ins hold besides, while an upgrade replaces one process after the other."""
        return self.web_workers * ((self.web_pool + 1) // 2) + (self.sockets_pool + 1) // 2

    @property
    def excess_of_an_upgrade(self) -> str:
        """Why an upgrade of one machine would need too much, empty when it would not."""
        if self.connections + self.standing_in <= self.limit:
            return ""
        return (
            f"An upgrade could open {self.connections + self.standing_in} database connections, above the limit of "
            f"{self.limit}: {self.arithmetic}, and stand-ins {self.standing_in}."
        )

    @property
    def excess(self) -> str:
        """Why this is too much, empty when it is not."""
        if self.connections <= self.limit:
            return ""
        return (
            f"All processes together could open {self.connections} database connections, "
            f"above the limit of {self.limit}: {self.arithmetic}."
        )

    @property
    def arithmetic(self) -> str:
        """The sum in words, for whoever has to change one of its numbers."""
        return (
            f"web {self.web_machines} × {self.web_workers} processes × {self.web_pool}"
            f" + sockets {self.sockets_machines} × {self.sockets_pool}"
            f" + workers {self.worker_machines} × {self.worker_lanes} lanes × {self.worker_pool}"
            f" + beat 1 + spare {SPARE} = {self.connections}"
        )


def read(environ: Mapping[str, str] = os.environ) -> Capacity:
    """Return the capacity that the environment asks for; raises ValueError naming the variable that is no number."""

    def number(name: str, default: int) -> int:
        text = environ.get(name, "").strip()
        if not text:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"{name} must be a whole number above 0, not {text!r}")
        return int(text)

    return Capacity(
        web_workers=number("GUNICORN_WORKERS", min(8, cores())),
        web_threads=number("GUNICORN_THREADS", 4),
        web_pool=number("DB_POOL_MAX", 4),
        web_machines=number("WEB_MACHINES", 1),
        sockets_pool=number("SOCKETS_DB_POOL_MAX", 8),
        sockets_machines=number("SOCKETS_MACHINES", 1),
        worker_lanes=len(environ.get("WORKER_LANES", "").split()) or LANES,
        worker_pool=number("WORKER_DB_POOL_MAX", 4),
        worker_machines=number("WORKER_MACHINES", 1),
        limit=number("DB_CONNECTIONS_LIMIT", 80),
    )


def main(arguments: list[str]) -> str | None:
    """Return why the installation must not start, None when it may; `sum` also prints how it adds up.

    With `upgrade` it is about upgrading instead.
    """
    try:
        planned = read()
    except ValueError as error:
        return str(error)
    if "upgrade" in arguments:
        return planned.excess_of_an_upgrade or None
    if "sum" in arguments and not planned.excess:
        print(f"{planned.arithmetic} of {planned.limit}")  # noqa: T201 it was asked for
    return planned.excess or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
