"""How much is in use of what there is only so much of: connections, the queue, Redis' memory, this machine.

Each function returns None where there is nothing of the kind to measure, as in the demo, and raises what the driver
raises when it cannot be reached.
"""

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from artgen.celery import app


@dataclass(frozen=True)
class Connections:
    """Database connections in use, those of all programs together and our own by program, and how many fit."""

    used: int
    most: int
    by_program: dict[str, int]


def connections() -> Connections | None:
    """Ask PostgreSQL; None of another database."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        # pg_stat_activity says nothing about other users' sessions to one who is not privileged, this does.
        cursor.execute(
            "SELECT current_setting('max_connections')::int, "
            "(SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database WHERE datname IS NOT NULL)"
        )
        most, used = cursor.fetchone()
        cursor.execute(
            "SELECT coalesce(nullif(application_name, ''), 'other'), count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1"
        )
        return Connections(used=used, most=most, by_program=dict(cursor.fetchall()))


def queue_length() -> int | None:
    """Return how many of Celery's messages wait for a worker; None where the queue is in one process's memory."""
    with app.connection_for_read() as broker:
        if broker.transport_cls == "memory":
            return None
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        return sum(_length(broker, name) for name in settings.WORKER_QUEUES)


def _length(broker: Any, name: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(queue=name, passive=True).message_count)
    except broker.channel_errors:  # a queue with nothing in it does not exist in Redis
        return 0


@dataclass(frozen=True)
class Memory:
    """Bytes that Redis uses and that it may use; 0: as many as there are. And how many clients it has."""

    used: int
    most: int
    clients: int


def redis_memory() -> Memory | None:
    """Ask Redis; None where there is none."""
    if not settings.REDIS_URL:
        return None
    told = _redis(settings.REDIS_URL).info()
    return Memory(
        used=told["used_memory"], most=told.get("maxmemory", 0), clients=told["connected_clients"]
    )


@lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)


# --- this machine ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Processor:
    """Seconds that all cores together were busy and idle since the machine was started."""

    busy: float
    idle: float

    def share_since(self, before: "Processor") -> float:
        """Return the busy share, 0 to 1, of the time since then."""
        busy, idle = self.busy - before.busy, self.idle - before.idle
        return busy / (busy + idle) if busy + idle > 0 else 0.0


def processor() -> Processor | None:
    """Read the machine's clocks; in a container they are those of its host. None where there is no /proc."""
    try:
        line = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return None
    # user nice system idle iowait irq softirq steal: https://docs.kernel.org/filesystems/proc.html
    spent = [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in line.split()[1:9]]
    idle = spent[3] + spent[4]
    return Processor(busy=sum(spent) - idle, idle=idle)


def processor_share(seconds: float) -> float | None:
    """Return the busy share of the processor over the coming seconds, 0 to 1; None where it cannot be read."""
    before = processor()
    if before is None:
        return None
    time.sleep(seconds)
    after = processor()
    return after.share_since(before) if after else None


@dataclass(frozen=True)
class MachineMemory:
    """Bytes of the machine's memory, and how many of them could be had without swapping."""

    total: int
    available: int

    @property
    def share(self) -> float:
        """The used share, 0 to 1."""
        return 1 - self.available / self.total


def memory() -> MachineMemory | None:
    """Read how much memory the machine has; in a container it is that of its host. None where there is no /proc."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    bytes_of = {
        name: int(rest.split()[0]) * 1024
        for name, _, rest in (line.partition(":") for line in lines)
    }
    return MachineMemory(total=bytes_of["MemTotal"], available=bytes_of["MemAvailable"])
