"""Close an announcement in this browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from artgen.redirects import next_url
from generation.status import announcements


@require_POST
def close(request: HttpRequest, announcement_key: str) -> HttpResponse:
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
