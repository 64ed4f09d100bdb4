"""CPU and memory of this machine."""

import socket
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from artgen.observability import resources
from generation.operations.alerts.conditions.condition import (
    SCALE,
    Condition,
    ConditionGroup,
    Severity,
    Values,
    minutes,
)


class MachineConditions(ConditionGroup):
    conditions = {
        "Processor": Condition(
            _("The CPU of %(machine)s is %(percent)s %% busy."),
            SCALE,
            severity=Severity.WARNING,
            hold=minutes(10),
            limit=80,  # percent
        ),
        "Memory": Condition(
            _("The memory of %(machine)s is %(percent)s %% used."),
            SCALE,
            severity=Severity.WARNING,
            hold=minutes(10),
            limit=80,  # percent
        ),
    }

    def __init__(self) -> None:
        self._processor = resources.processor()

    def measure(self) -> Iterator[tuple[str, Values]]:
        now, memory = resources.processor(), resources.memory()
        shares = {
            "Processor": now.share_since(self._processor) if now and self._processor else 0.0,
            "Memory": memory.share if memory else 0.0,
        }
        self._processor = now
        for name, share in shares.items():
            if share * 100 >= self.limit(name):
                yield name, {"machine": socket.gethostname(), "percent": round(share * 100)}
