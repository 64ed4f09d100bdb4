"""Which conditions of alerts are true now."""

import logging
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError

from generation.operations.alerts.conditions import GROUPS
from generation.operations.alerts.conditions.condition import Values

log = logging.getLogger(__name__)


@dataclass
class Findings:
    """The conditions that are true, with their values, and those that cannot be checked now."""

    wrong: dict[str, Values] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


class Measurements:
    """Measures repeatedly; groups keep values that the next measurement is compared with."""

    def __init__(self) -> None:
        self._groups = [group() for group in GROUPS]

    def take(self) -> Findings:
        """Measure everything. Raises OperationalError or InterfaceError if the database is away."""
        findings = Findings()
        for group in self._groups:
            try:
                findings.wrong.update(dict(group.measure()))
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 drivers raise anything; the others go on
                name = next(iter(group.conditions))
                log.warning("%s cannot be measured", name, extra={"error": repr(error)})
                findings.unknown.update(group.conditions)
        return findings
