"""Time zones by name."""

from zoneinfo import ZoneInfo


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None if there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # Unknown to this machine's tzdata: the server's time zone is used.
        return None
