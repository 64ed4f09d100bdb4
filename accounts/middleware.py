"""What every request of a signed-in user goes through: their own time, and that it comes from a page of their own."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from artgen.api import problems

PAGE_USER = "X-Page-User"
"""Whose page the request comes from, as the page's own script says."""


def time_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
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


def page_user(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that refuses what a page left open by one user asks after another one has signed in.

    Both share the browser's cookies: without it the first one's words would be drawn for, and paid by, the second.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        owner = request.headers.get(PAGE_USER, "")
        if not owner or not request.user.is_authenticated or owner == str(request.user.pk):
            return get_response(request)
        told = _("Somebody else has signed in in this browser. Nothing was sent.")
        if request.path.startswith(problems.PREFIX):
            response = problems.respond(problems.Problem("not_authenticated", told))
        else:
            response = HttpResponse(told, status=401, content_type="text/plain; charset=utf-8")
        response["X-Other-User"] = "1"
        return response

    return middleware
