"""Use of limited resources: connections, the queue, the memory of Redis, this machine.

Each function raises the driver's exceptions if the resource is unreachable.
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

from artgen.database.connection_budget import LANES
from artgen.processes.celery import app
from artgen.redis.redis_clients import client


@dataclass(frozen=True)
class DatabaseConnections:
    """Connections to PostgreSQL: all in use, ours by program, and the maximum."""

    used: int
    max: int
    by_program: dict[str, int]


def connections() -> DatabaseConnections:
    with connection.cursor() as cursor:
        # Unlike pg_stat_activity, this counts other users' sessions without privileges.
        cursor.execute(
            "SELECT current_setting('max_connections')::int, "
            "(SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database "
            "WHERE datname IS NOT NULL)"
        )
        max_connections, used = cursor.fetchone()
        cursor.execute(
            "SELECT coalesce(nullif(application_name, ''), 'other'), count(*) "
            "FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' GROUP BY 1"
        )
        return DatabaseConnections(
            used=used, max=max_connections, by_program=dict(cursor.fetchall())
        )


def queue_length() -> int:
    with app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        return sum(_length(broker, name) for name in LANES)


def _length(broker: Any, name: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(queue=name, passive=True).message_count)
    except broker.channel_errors:  # an empty queue does not exist in Redis
        return 0


@dataclass(frozen=True)
class RedisMemory:
    """Bytes that Redis uses, and its limit (0: none)."""

    used: int
    max: int


def redis_memory() -> RedisMemory:
    info = _redis(settings.REDIS_URL).info()
    return RedisMemory(used=info["used_memory"], max=info.get("maxmemory", 0))


@lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return client(url)


# --- this machine --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Processor:
    """Busy and idle seconds of all cores since the machine started."""

    busy: float
    idle: float

    def share_since(self, before: "Processor") -> float:
        """Return the busy share since `before`, 0 to 1."""
        busy, idle = self.busy - before.busy, self.idle - before.idle
        return busy / (busy + idle) if busy + idle > 0 else 0.0


def processor() -> Processor | None:
    """Read the processor times of the machine (in a container: of the host); None without /proc."""
    try:
        line = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return None
    # user nice system idle iowait irq softirq steal: https://docs.kernel.org/filesystems/proc.html
    spent = [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in line.split()[1:9]]
    idle = spent[3] + spent[4]
    return Processor(busy=sum(spent) - idle, idle=idle)


def processor_share(seconds: float) -> float | None:
    """Measure the busy share of the processor for `seconds`, 0 to 1; None without /proc."""
    before = processor()
    if before is None:
        return None
    time.sleep(seconds)
    after = processor()
    return after.share_since(before) if after else None


@dataclass(frozen=True)
class MachineMemory:
    """Bytes of the machine's memory: all, and available without swapping."""

    total: int
    available: int

    @property
    def share(self) -> float:
        return 1 - self.available / self.total


def memory() -> MachineMemory | None:
    """Read the memory of the machine (in a container: of the host); None without /proc."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    bytes_of = {
        name: int(rest.split()[0]) * 1024
        for name, _, rest in (line.partition(":") for line in lines)
    }
    return MachineMemory(total=bytes_of["MemTotal"], available=bytes_of["MemAvailable"])
