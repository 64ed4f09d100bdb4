"""CPU, memory and disks of this machine."""

import socket

from django.utils.translation import gettext_lazy as _

from artgen.observability import disks, resources
from artgen.web import formatting

from .condition import SCALE, WARNING, Condition, ConditionGroup, Measured, minutes


class MachineConditions(ConditionGroup):
    conditions = {
        "Processor": Condition(
            _("The CPU of %(machine)s is %(percent)s %% busy."),
            SCALE,
            severity=WARNING,
            hold=minutes(10),
            limit=80,  # percent
        ),
        "Memory": Condition(
            _("The memory of %(machine)s is %(percent)s %% used."),
            SCALE,
            severity=WARNING,
            hold=minutes(10),
            limit=80,  # percent
        ),
    }

    def __init__(self) -> None:
        self._processor = resources.processor()

    def measure(self) -> Measured:
        now, memory = resources.processor(), resources.memory()
        shares = {
            "Processor": now.share_since(self._processor) if now and self._processor else 0.0,
            "Memory": memory.share if memory else 0.0,
        }
        self._processor = now
        for name, share in shares.items():
            if share * 100 >= self.limit(name):
                yield name, {"machine": socket.gethostname(), "percent": round(share * 100)}


class DiskConditions(ConditionGroup):
    conditions = {
        "DiskFull": Condition(
            _("The disk with %(contents)s has only %(free)s left (%(percent)s %%)."),
            _("Delete what is not needed, such as old Docker images and backups, or enlarge it."),
            hold=minutes(5),
            limit=10,  # percent that is free
        )
    }

    def measure(self) -> Measured:
        fullest = min(disks.disks(), key=lambda disk: disk.free / disk.total, default=None)
        if fullest is None:
            return
        percent = fullest.free / fullest.total * 100
        if percent < self.limit("DiskFull"):
            yield (
                "DiskFull",
                {
                    "contents": ", ".join(fullest.contents),
                    "free": formatting.file_size(fullest.free),
                    "percent": round(percent),
                },
            )
