"""The number of processes of this installation and of the database connections that they can open.

Gunicorn's configuration, the settings and the system check use it, so they cannot disagree.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from artgen.environment import process_numbers

LANES = ("drive", "store", "slow")
SPARE = 1
"""Connections reserved for commands, psql and backups; there are more above the limit."""


@dataclass(frozen=True)
class ConnectionBudget:
    """Processes of each kind and the size of their pools; `…_machines`: machines with that kind.

    `worker_lanes`: the connections of each worker, which has a lane, or several with commas.

    Further containers of a machine count as machines.
    """

    web_workers: int
    web_threads: int
    web_pool: int
    web_machines: int
    sockets_pool: int
    sockets_machines: int
    worker_lanes: dict[str, int]
    worker_machines: int
    limit: int

    @property
    def connections(self) -> int:
        """Connections that all processes can hold at the same time."""
        return (
            self.web_machines * self.web_workers * self.web_pool
            + self.sockets_machines * self.sockets_pool
            + self.worker_machines * sum(self.worker_lanes.values())
            + SPARE
        )

    @property
    def upgrade_connections(self) -> int:
        """Additional connections of the processes that take over during an upgrade."""
        return self.web_workers * ((self.web_pool + 1) // 2) + (self.sockets_pool + 1) // 2

    @property
    def upgrade_excess(self) -> str:
        """Why an upgrade of one machine would exceed the limit; empty if it would not."""
        if self.connections + self.upgrade_connections <= self.limit:
            return ""
        return (
            f"An upgrade could open {self.connections + self.upgrade_connections} database "
            f"connections, above the limit of {self.limit}: {self.arithmetic}, plus "
            f"{self.upgrade_connections} for the upgrade."
        )

    @property
    def excess(self) -> str:
        """Why the sum exceeds the limit; empty if it does not."""
        if self.connections <= self.limit:
            return ""
        return (
            f"All processes together could open {self.connections} database connections, "
            f"above the limit of {self.limit}: {self.arithmetic}."
        )

    @property
    def arithmetic(self) -> str:
        """How the sum adds up, as text."""
        lanes = " + ".join(f"{lane} {count}" for lane, count in self.worker_lanes.items())
        return (
            f"web {self.web_machines} × {self.web_workers} processes × {self.web_pool}"
            f" + sockets {self.sockets_machines} × {self.sockets_pool}"
            f" + workers {self.worker_machines} × ({lanes})"
            f" + spare {SPARE} = {self.connections}"
        )


def read(environ: Mapping[str, str] = os.environ) -> ConnectionBudget:
    """Return the budget of this environment; raise ValueError naming an invalid variable."""

    def number(name: str, default: int, *, least: int = 1) -> int:
        text = environ.get(name, "").strip()
        if not text:
            return default
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"{name} must be a whole number above {least - 1}, not {text!r}")
        return int(text)

    pool = number("WORKER_DB_POOL_MAX", 3)
    special = {"store": number("CELERY_CONCURRENCY", process_numbers.store_children())}
    workers = environ.get("WORKER_LANES", "").split() or list(LANES)
    if unknown := {lane for worker in workers for lane in worker.split(",")} - set(LANES):
        raise ValueError(f"WORKER_LANES: unknown lane {min(unknown)!r}; lanes: {', '.join(LANES)}")
    return ConnectionBudget(
        web_workers=number("GUNICORN_WORKERS", process_numbers.web_workers()),
        web_threads=number("GUNICORN_THREADS", 4),
        web_pool=number("DB_POOL_MAX", 4),
        web_machines=number("WEB_MACHINES", 1) * (1 + number("MORE_WEB_CONTAINERS", 0, least=0)),
        sockets_pool=number("SOCKETS_DB_POOL_MAX", 8),
        sockets_machines=number("SOCKETS_MACHINES", 1) * number("SOCKETS_CONTAINERS", 1),
        worker_lanes={worker: special.get(worker, pool) for worker in workers},
        worker_machines=number("WORKER_MACHINES", 1) * number("WORKER_CONTAINERS", 1),
        limit=number("DB_CONNECTIONS_LIMIT", 80),
    )


def main(arguments: list[str]) -> str | None:
    """Return why the installation must not start, None if it may; `sum` also prints the sum.

    With `upgrade`: why it must not be upgraded.
    """
    if arguments not in ([], ["sum"], ["upgrade"]):
        return "Usage: python -m artgen.database.connection_budget [sum | upgrade]"
    try:
        planned = read()
    except ValueError as error:
        return str(error)
    if "upgrade" in arguments:
        return planned.upgrade_excess or None
    if "sum" in arguments and not planned.excess:
        sys.stdout.write(f"{planned.arithmetic} of {planned.limit}\n")
    return planned.excess or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
