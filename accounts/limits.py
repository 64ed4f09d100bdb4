"""What a user may use and has used: limits of the day, of storage, of jobs at the same time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from accounts import daily_limits
from accounts.models import User


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
