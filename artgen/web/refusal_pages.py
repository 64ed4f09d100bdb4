"""How pages show refusals: the page of its status, or a message above the page it came from."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import defaults

from artgen.observability import request_stats
from artgen.refusals import Acceptance, Refusal, Unavailable
from artgen.web import formatting, unavailable_page
from artgen.web.redirects import next_url

log = logging.getLogger(__name__)


class RefusalMiddleware:
    """Render every refusal that a page's view does not show itself.

    The API has its own renderer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page of a refusal, None for any other exception."""
        return page(request, exception) if isinstance(exception, Refusal) else None


def page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return what says what is refused and, where that is known, when to try again.

    Most is said above the page that the request came from, and as text to its script. What can be
    accepted has a button for that.
    """
    if isinstance(refusal, Unavailable):
        log.error("refused: the %s does not respond", refusal.part, extra={"path": request.path})
        return unavailable_page.page(refusal.part)
    is_script = request.headers.get("X-Part") == "1"
    if refusal.acceptance and request.method == "POST":
        return _acceptance(request, refusal, refusal.acceptance, is_script=is_script)
    match refusal.status:
        case 404 if request.method != "POST" or not refusal.message:
            response: HttpResponse = defaults.page_not_found(request, refusal)
        case 429 if not refusal.message and is_script:
            text = _("Too many attempts. Try again in %(duration)s.")
            text %= {"duration": formatting.duration(refusal.retry_after or 0)}
            return plain(refusal, text=text)
        case 429 if not refusal.message:
            context = {"retry_after": refusal.retry_after}
            response = render(request, "429.html", context, status=429)
        case _:
            came_from = _came_from(request)
            if not came_from or is_script:
                return plain(refusal)
            messages.error(request, refusal.message)
            return HttpResponseRedirect(came_from)
    _set_retry_after(response, refusal)
    return response


def _acceptance(
    request: HttpRequest, refusal: Refusal, acceptance: Acceptance, *, is_script: bool
) -> HttpResponse:
    """Return a page that sends the same form again and accepts what was refused.

    Scripts, which have the form, get JSON.
    """
    if is_script:
        body = {"detail": refusal.message, "acceptance": asdict(acceptance)}
        response: HttpResponse = JsonResponse(body, status=refusal.status)
    else:
        not_sent_on = (acceptance.field, "csrfmiddlewaretoken")
        lists = [(name, values) for name, values in request.POST.lists() if name not in not_sent_on]
        context = {
            "refusal": refusal,
            "fields": [(name, value) for name, values in lists for value in values],
            "back": _came_from(request),
        }
        response = render(request, "artgen/accept.html", context, status=refusal.status)
    request_stats.mark(response, refusal)
    return response


def _came_from(request: HttpRequest) -> str:
    """Return the path of the page of this site whose form or link made the request, or ""."""
    address = next_url(request) or request.headers.get("Referer", "")
    allowed = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(address, allowed, require_https=request.is_secure())
    page = urlsplit(address)
    if not is_ours or (request.method != "POST" and page.path == request.path):
        return ""
    path = page._replace(scheme="", netloc="").geturl()
    # Of https://our.example//other.example/ a path remains that browsers read as another site.
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def plain(refusal: Refusal, *, text: str = "") -> HttpResponse:
    """Return the refusal as text; `text` says more than its message."""
    response = HttpResponse(
        text or refusal.message, status=refusal.status, content_type="text/plain; charset=utf-8"
    )
    request_stats.mark(response, refusal)
    _set_retry_after(response, refusal)
    return response


def _set_retry_after(response: HttpResponse, refusal: Refusal) -> None:
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
