"""Requests that fail or are slow."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from generation.operations import request_figures
from generation.operations.alerts.conditions.condition import (
    SCALE,
    SEE_LOGS,
    Condition,
    ConditionGroup,
    Severity,
    Values,
    minutes,
)


class RequestConditions(ConditionGroup):
    conditions = {
        "Errors": Condition(
            _("%(percent)s %% of all requests fail."),
            SEE_LOGS,
            hold=minutes(5),
            limit=1,  # percent
        ),
        "ApiSlow": Condition(
            _("The API is slow: p95 is %(milliseconds)s ms."),
            SCALE,
            severity=Severity.WARNING,
            hold=minutes(5),
            limit=200,  # milliseconds
        ),
    }

    def measure(self) -> Iterator[tuple[str, Values]]:
        percent, milliseconds = request_figures.error_rate()[0], request_figures.api_p95()[0]
        if percent is not None and percent >= self.limit("Errors"):
            yield "Errors", {"percent": round(percent, 1)}
        if milliseconds is not None and milliseconds >= self.limit("ApiSlow"):
            yield "ApiSlow", {"milliseconds": round(milliseconds)}
