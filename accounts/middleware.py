"""Middleware for signed-in users: their time zone, and a check of whose page sent the request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from artgen.api import problems

PAGE_USER = "X-Page-User"
"""Header with the id of the user whose page sent the request; the page's script sets it."""


def time_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Activate the signed-in user's time zone; needs AuthenticationMiddleware before it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        zone = zone_of(getattr(request.user, "time_zone", ""))
        if zone is None:
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None if there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # Unknown to this machine's tzdata: the server's time zone is used.
        return None


def page_user(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuse requests of a page that one user left open before another user signed in.

    Both share the browser's cookies: the second user would pay for the first user's prompts.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        owner = request.headers.get(PAGE_USER, "")
        if not owner or not request.user.is_authenticated or owner == str(request.user.pk):
            return get_response(request)
        message = _(
            "Another account is signed in in this browser. Nothing was sent. Reload the page."
        )
        if request.path.startswith(problems.PREFIX):
            response = problems.respond(problems.Problem("not_authenticated", message))
        else:
            response = HttpResponse(message, status=401, content_type="text/plain; charset=utf-8")
        response["X-Other-User"] = "1"
        return response

    return middleware
