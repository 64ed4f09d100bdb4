"""What a condition is, and how a group of them is measured."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Severity(StrEnum):
    """How bad it is, as a label of `artgen_condition`."""

    CRITICAL = "critical"  # jobs, people or data suffer
    WARNING = "warning"  # they may soon
    INFO = "info"  # somebody has chosen it


WARNING, INFO = Severity.WARNING, Severity.INFO


@dataclass(frozen=True)
class Condition:
    text: Promise
    """One sentence with `%(name)s` for the values."""
    advice: Promise
    """What to do."""
    severity: Severity = Severity.CRITICAL
    hold: timedelta = timedelta(minutes=2)
    """How long it must be true before operators are notified."""
    limit: float = 0
    """From which value on it is true: seconds, percent or a number."""


Values = Mapping[str, Any]
"""For the text of a condition that is true; JSON."""
Measured = Iterable[tuple[str, Values]]


class ConditionGroup:
    """Conditions that are measured together."""

    conditions: ClassVar[dict[str, Condition]]

    def measure(self) -> Measured:
        """Return the conditions that are true, with their values. Raises what drivers raise."""
        return ()

    def limit(self, name: str) -> float:
        return self.conditions[name].limit


class SlowConditionGroup(ConditionGroup):
    """Conditions that are measured `every` so often only."""

    every: ClassVar[timedelta]

    def __init__(self) -> None:
        self.values: dict[str, Values] = {}
        self._next_at = 0.0

    def measure(self) -> Measured:
        if time.monotonic() >= self._next_at:
            self.values = dict(self.read())
            self._next_at = time.monotonic() + self.every.total_seconds()
        return self.values.items()

    def read(self) -> Measured:
        raise NotImplementedError


MINUTE, HOUR, DAY = 60, 3600, 86_400

SEE_LOGS = _("See the logs of the process, and run manage.py doctor.")
SCALE = _("See deploy/docs/scaling.md.")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def variant(name: str, key: object) -> str:
    """Return the name of an alert about one of several things, such as one of the budgets."""
    return f"{name}:{key}"


def kind_of(name: str) -> str:
    """Return the key of CONDITIONS that the name of an alert stands for."""
    return name.partition(":")[0]
