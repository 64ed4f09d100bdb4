"""Requests that have no user, such as providers' webhooks: no session, language or account."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

ADDRESSES = ("/hooks/", "/nginx/sender/hooks/")
"""How their paths begin. Their senders prove with a signed token what they may do."""


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Call their views at once: without all later middleware, which takes longer than they do."""

    def userless(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ADDRESSES):
            return get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:  # the page that says so has a user and a language
            return get_response(request)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response

    return userless
