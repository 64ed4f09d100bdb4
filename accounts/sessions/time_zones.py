"""Time zones by name, and that of a user who has not chosen one."""

from zoneinfo import ZoneInfo, available_timezones

from accounts.models import User
from accounts.tokens import token_cache

WANTED = "time_zone_wanted"
"""Session key: pages send the browser's time zone until it is known (`artgen/js/time_zone.js`)."""


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None if there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # Unknown to this machine's tzdata: the server's time zone is used.
        return None


def set_first(user: User, name: str) -> bool:
    """Store the time zone of a user without one; return whether that was done.

    An unknown name is ignored: browsers and servers know different ones.
    """
    if name not in available_timezones():
        return False
    token_cache.forget(user.pk)
    return bool(User.objects.filter(pk=user.pk, time_zone="").update(time_zone=name))
