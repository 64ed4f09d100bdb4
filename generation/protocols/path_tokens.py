"""Programs that send no header: their base address has the token, `/t/TOKEN/`."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt

ADDRESSES = ("v1/", "sdapi/", "mcp")


@csrf_exempt
def with_token(request: HttpRequest, token: str, rest: str) -> HttpResponseBase:
    """Respond as the address behind the token does to that token."""
    if not rest.startswith(ADDRESSES):
        raise Http404
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    request.__dict__.pop("headers", None)  # Django keeps what it has read
    match = resolve(f"/{rest}")
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response
