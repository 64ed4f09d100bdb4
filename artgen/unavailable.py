"""The answer of the pages while a part of ArtGen is away that a request cannot do without."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from artgen.cache import CacheAway

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30


class BucketAway(Exception):
    """The bucket does not answer, or as many requests of this process as may wait for it do."""


class OutageMiddleware:
    """Answer 503 where the cache or the bucket is needed and away; the API has its own way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page, None for any other exception."""
        if isinstance(exception, CacheAway):
            log.error("refused: the cache cannot be reached", extra={"path": request.path})
            return page("cache")
        if isinstance(exception, BucketAway):
            log.error("refused: the bucket does not answer", extra={"path": request.path})
            return page("bucket")
        return None


def page(away: str) -> HttpResponse:
    """Return the page that says what is away, "cache", "bucket" or "database", and when to come back."""
    response = HttpResponse(render_to_string("503.html", {"away": away}), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
