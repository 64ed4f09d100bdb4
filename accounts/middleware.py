"""The time zone that a signed-in user has chosen."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone


def time_zone(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that shows signed-in users their own time; it stands after AuthenticationMiddleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        zone = zone_of(getattr(request.user, "time_zone", ""))
        if zone is None:
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None where there is none such."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # A name this machine's tzdata does not know (any more): the server's own zone is a fair answer.
        return None
