"""Waiting times that are not kept."""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generation.operations import eta_report
from generation.operations.alerts.conditions.condition import (
    Condition,
    ConditionGroup,
    Severity,
    Values,
    minutes,
)

PERIOD = timedelta(hours=24)
MEASURED_EVERY = timedelta(minutes=1)
MIN_PROMISES = 20


class PromiseConditions(ConditionGroup):
    """Measured at intervals: a day has many jobs."""

    conditions = {
        "PromisesBroken": Condition(
            _("Images take longer than promised: of the last 24 hours, in time were %(models)s."),
            _("Run manage.py eta_report; see whether RunPod gives fewer workers than before."),
            severity=Severity.WARNING,
            hold=minutes(60),
            limit=75,  # percent that were in time; 90 should be
        ),
    }

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}
        self._next_at = 0.0

    def measure(self) -> Iterator[tuple[str, Values]]:
        if time.monotonic() >= self._next_at:
            self._values = self._read()
            self._next_at = time.monotonic() + MEASURED_EVERY.total_seconds()
        yield from self._values.items()

    def _read(self) -> dict[str, Values]:
        """Return an alert if far fewer than nine in ten images were ready by the promised p90."""
        late = [
            f"{model.slug} {model.p90_share:.0%}"
            for model in eta_report.kept_since(timezone.now() - PERIOD)
            if model.jobs >= MIN_PROMISES
            and model.p90_share is not None
            and model.p90_share * 100 < self.limit("PromisesBroken")
        ]
        return {"PromisesBroken": {"models": ", ".join(late)}} if late else {}
