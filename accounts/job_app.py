"""What accounts shows of jobs: the AppConfig of the app that has them sets `registered`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User


@dataclass(frozen=True)
class LedgerDescription:
    """One job that was paid for: prompt, model, label, link and thumbnail."""

    title: str
    model: str
    label: str
    """For whom or what it is; "" if nobody has said it."""
    url: str
    thumbnail: str


@dataclass(frozen=True)
class LabelTotal:
    """What the jobs of one label, placed in a month, have cost."""

    label: str
    jobs: int
    credits: int


@dataclass(frozen=True)
class LimitUsage:
    """One limit, None if there is none, and what is used of it."""

    limit: int | None
    used: int
    resets_at: datetime | None = None
    """When it starts again at 0; None for what does not depend on the day."""

    @property
    def share(self) -> float:
        """The used share, from 0 to 1; 0 without a limit."""
        return min(1.0, self.used / self.limit) if self.limit else float(self.limit == 0)


@dataclass(frozen=True)
class JobLimits:
    """Limits of jobs and bytes, and the models by slug."""

    limits: Mapping[str, LimitUsage]
    models: Callable[[], Mapping[str, str]]
    """Returns slug and name of each model that the user may use."""


@dataclass(frozen=True)
class JobApp:
    descriptions: Callable[[Collection[UUID]], Mapping[UUID, LedgerDescription]]
    """Returns the known ones, in a constant number of queries."""
    reason_of: Callable[[str], str]
    """Returns why the hold of a job was released, by its code, in the active language."""
    service_of: Callable[[str], str]
    """Returns what a hold without a job is for, by its reason; "" for that of a job."""
    label_totals: Callable[[UUID, datetime, datetime], Sequence[LabelTotal]]
    labeled: Callable[[UUID, str, datetime, datetime], QuerySet[Any, Any]]
    usage: Callable[[User, Any], JobLimits]
    """Takes the user's `Quotas`."""
    models: Callable[[], Sequence[tuple[str, str]]]
    """Returns slug and name of all models."""


registered: JobApp
