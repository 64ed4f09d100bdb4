"""Redis, the signs of life that processes store there, and the messages in its queues."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from artgen.observability import health, resources
from artgen.processes import sockets_heartbeat
from generation.jobs.engine import heartbeat
from generation.operations import waiting_work

from .condition import SCALE, SEE_LOGS, WARNING, Condition, ConditionGroup, Measured, minutes


class RedisConditions(ConditionGroup):
    conditions = {
        "RedisDown": Condition(
            _("Redis cannot be reached: pages do not update, and jobs start later."),
            _("Start Redis, or correct REDIS_URL."),
        ),
        "NoTicks": Condition(
            _("The last tick was %(seconds)s s ago: the workers are down, no job proceeds."),
            SEE_LOGS,
            hold=minutes(1),
            limit=heartbeat.LATE.total_seconds(),
        ),
        "SocketsDown": Condition(
            _("No socket process runs: pages ask for changes every few seconds instead."), SEE_LOGS
        ),
        "RedisFull": Condition(
            _("Redis uses %(percent)s %% of its memory."),
            _("Raise maxmemory of Redis."),
            severity=WARNING,
            hold=minutes(5),
            limit=80,  # percent
        ),
    }

    def measure(self) -> Measured:
        try:
            health.check_cache()
        except Exception:  # noqa: BLE001 each client has exceptions of its own
            yield "RedisDown", {}
            return
        last = heartbeat.last()
        if last is not None and heartbeat.is_late():
            yield "NoTicks", {"seconds": round((timezone.now() - last).total_seconds())}
        if sockets_heartbeat.is_alive() is False:
            yield "SocketsDown", {}
        memory = resources.redis_memory()
        percent = memory.used / memory.max * 100 if memory.max else 0
        if percent > self.limit("RedisFull"):
            yield "RedisFull", {"percent": round(percent)}


class CeleryQueueConditions(ConditionGroup):
    conditions = {
        "CeleryQueue": Condition(
            _("%(count)s messages and due jobs wait for a worker."),
            SCALE,
            severity=WARNING,
            limit=10,
        )
    }

    def measure(self) -> Measured:
        count = waiting_work.measure().count
        if count >= self.limit("CeleryQueue"):
            yield "CeleryQueue", {"count": count}
