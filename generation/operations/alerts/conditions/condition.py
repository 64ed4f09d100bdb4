"""What a condition is, and how a group of them is measured."""

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


@dataclass(frozen=True)
class Condition:
    """Something that can be wrong."""

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


class ConditionGroup:
    """Conditions that are measured together."""

    conditions: ClassVar[dict[str, Condition]]

    def measure(self) -> Iterable[tuple[str, Values]]:
        """Return the conditions that are true, with their values. Raises what drivers raise."""
        return ()

    def limit(self, name: str) -> float:
        return self.conditions[name].limit


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
