"""Pages and lists that a browser keeps and asks about: 304 instead of 200 kB where nothing has changed."""

import re
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
VARY = ("Cookie", "Authorization", "Accept-Language", "X-Part", "X-Page-User")

View = Callable[..., HttpResponse]


def revalidated(view: View) -> View:
    """Return the view whose answers to GET are kept by the reader's own browser, which asks each time about them."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return unless_known(request, view(request, *args, **kwargs))

    return asked


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with an ETag, or 304 without its body where the reader has it already.

    The ETag is made of all that is sent, and of who asks: of two users none can have that of the other. Tokens against
    forged requests are written anew with each page; those of a kept page work as long as their secret, which is part of
    the ETag, stays.
    """
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
        return response
    content = response.content
    if token := TOKEN.search(content):
        content = content.replace(token[1], b"")
    digest = blake2b(content, digest_size=15)
    told = (response.get("X-Credits"), response.get("X-Held"), response.get("Content-Type"))
    digest.update(repr((request.user.pk, request.META.get("CSRF_COOKIE", ""), *told)).encode())
    response["ETag"] = f'W/"{digest.hexdigest()}"'
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, VARY)
    known: Any = get_conditional_response(request, etag=response["ETag"], response=response)
    return known  # type: ignore[no-any-return]
