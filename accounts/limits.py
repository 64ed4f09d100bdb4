"""What a user may use and has used: limits of the day, of storage, of jobs at the same time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from accounts import daily_limits
from accounts.models import User
from artgen import formatting

LABELS = {
    "jobs_waiting": (gettext_lazy("Images in the queue"), formatting.number),
    "jobs_per_day": (gettext_lazy("Images today"), formatting.number),
    "cancels_per_day": (gettext_lazy("Cancellations today"), formatting.number),
    "credits_per_day": (gettext_lazy("Credits today"), formatting.number),
    "upload_bytes": (gettext_lazy("Uploads"), formatting.file_size),
    "image_bytes": (gettext_lazy("Images"), formatting.file_size),
}
"""The label of each limit that is shown, and how its numbers are written."""


@dataclass(frozen=True)
class Limit:
    """One limit, None if there is none, and what is used of it."""

    limit: int | None
    used: int

    @property
    def share(self) -> float:
        """The used share, from 0 to 1; 0 without a limit."""
        return min(1.0, self.used / self.limit) if self.limit else float(self.limit == 0)


def of(user: User) -> dict[str, Limit]:
    """Return all limits of the user by name. The app that has the jobs provides USAGE."""
    usage: Callable[[User], Mapping[str, Limit]] = import_string(settings.USAGE)
    used = daily_limits.used(user)
    return dict(usage(user)) | {
        f"{counter}_per_day": Limit(daily_limits.limit_of(user, counter), used[counter])
        for counter in daily_limits.COUNTERS
    }


@dataclass(frozen=True)
class LimitRow:
    """A limit in words: "12 of 2,000"; `percent` is None without a limit."""

    label: str
    used: str
    limit: str
    percent: int | None


def rows(user: User, *, show_unlimited: bool = False) -> list[LimitRow]:
    """Return what is limited, or takes storage; with `show_unlimited` also what has no limit."""
    found = of(user)
    shown = []
    for name, (label, written) in LABELS.items():
        limit = found[name]
        if limit.limit is None and not name.endswith("_bytes") and not show_unlimited:
            continue
        shown.append(
            LimitRow(
                label=str(label),
                used=written(limit.used),
                limit="" if limit.limit is None else written(limit.limit),
                percent=None if limit.limit is None else round(100 * limit.share),
            )
        )
    return shown
