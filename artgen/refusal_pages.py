"""How pages show refusals: the page of its status, or a message above the page it came from."""

import logging
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import defaults

from artgen import unavailable
from artgen.observability import request_stats
from artgen.refusals import Refusal, Unavailable

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
    """Return the page that says what is refused and, where that is known, when to try again."""
    if isinstance(refusal, Unavailable):
        log.error("refused: the %s does not respond", refusal.part, extra={"path": request.path})
        return unavailable.page(refusal.part)
    match refusal.status:
        case 404:
            response: HttpResponse = defaults.page_not_found(request, refusal)
        case 429:
            context = {"retry_after": refusal.retry_after}
            response = render(request, "429.html", context, status=429)
        case _:
            response = plain(refusal)
    _set_retry_after(response, refusal)
    return response


def back(request: HttpRequest, refusal: Refusal, *, to: str) -> HttpResponse:
    """Return the message.

    As text for the page's script, else above the page at the address `to`.
    """
    if request.headers.get("X-Part") == "1":
        return plain(refusal)
    messages.error(request, refusal.message)
    return HttpResponseRedirect(to)


def plain(refusal: Refusal) -> HttpResponse:
    response = HttpResponse(
        refusal.message, status=refusal.status, content_type="text/plain; charset=utf-8"
    )
    request_stats.mark(response, refusal)
    _set_retry_after(response, refusal)
    return response


def _set_retry_after(response: HttpResponse, refusal: Refusal) -> None:
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
