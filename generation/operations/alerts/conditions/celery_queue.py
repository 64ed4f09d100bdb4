"""Celery's messages that wait for a worker."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from artgen.observability import resources
from generation.operations.alerts.conditions.condition import (
    SCALE,
    Condition,
    ConditionGroup,
    Severity,
    Values,
)


class CeleryQueueConditions(ConditionGroup):
    conditions = {
        "CeleryQueue": Condition(
            _("%(count)s messages wait for a worker."),
            SCALE,
            severity=Severity.WARNING,
            limit=10,  # messages
        ),
    }

    def measure(self) -> Iterator[tuple[str, Values]]:
        length = resources.queue_length()
        if length >= self.limit("CeleryQueue"):
            yield "CeleryQueue", {"count": length}
