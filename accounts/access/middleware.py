"""Middleware for signed-in users: bans, time zone, whose page sent the request."""

from collections.abc import Callable

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import ban_page, bans
from accounts.models import User
from accounts.sessions.time_zones import zone_of
from artgen.api import problems

PAGE_USER = "X-Page-User"
"""Header with the id of the user whose page sent the request; the page's script sets it."""


class BanMiddleware:
    """End a session that a banned user still has, and show the ban.

    A ban ends all sessions. One that is renewed in the same moment, such as by signing out the
    other devices, would survive it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User) or not user.is_banned:
            return self.get_response(request)
        auth.logout(request)
        if request.path.startswith(problems.PREFIXES):
            return problems.respond(bans.Banned(user), path=request.path)
        return ban_page.show(request, user)


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
        if request.path.startswith(problems.PREFIXES):
            refusal = problems.Problem("not_authenticated", message)
            response = problems.respond(refusal, path=request.path)
        else:
            response = HttpResponse(message, status=401, content_type="text/plain; charset=utf-8")
        response["X-Other-User"] = "1"
        return response

    return middleware
