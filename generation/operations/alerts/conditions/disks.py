"""The fullest disk."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from artgen.observability import disks
from artgen.web import formatting
from generation.operations.alerts.conditions.condition import (
    Condition,
    ConditionGroup,
    Values,
    minutes,
)


class DiskConditions(ConditionGroup):
    conditions = {
        "DiskFull": Condition(
            _("The disk with %(contents)s has only %(free)s left (%(percent)s %%)."),
            _("Delete what is not needed, such as old Docker images and backups, or enlarge it."),
            hold=minutes(5),
            limit=10,  # percent that is free
        ),
    }

    def measure(self) -> Iterator[tuple[str, Values]]:
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
