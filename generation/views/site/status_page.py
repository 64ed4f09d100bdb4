"""The public status page: whether image creation works; announcements, which can be closed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from artgen.web.redirects import next_url
from generation.operations.status import announcements, service
from generation.operations.status.service import Creation


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show the state of image creation, current announcements, and each model's last hour."""
    state = service.read()
    context = {
        "service": state,
        "is_available": state.creation is Creation.AVAILABLE,
        "all_announcements": announcements.current(),
    }
    return render(request, "generation/status.html", context)


@require_POST
def close_announcement(request: HttpRequest, announcement_key: str) -> HttpResponse:
    """Remember in a cookie that it is closed, and redirect to `next`; a script gets 204.

    Anything but the key of a current announcement changes nothing.
    """
    response: HttpResponse
    if request.accepts("text/html"):
        response = HttpResponseRedirect(next_url(request, default="/"))
    else:
        response = HttpResponse(status=204)
    response.set_cookie(
        announcements.COOKIE,
        announcements.cookie_with(request, announcement_key),
        max_age=announcements.COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        httponly=True,
    )
    return response
