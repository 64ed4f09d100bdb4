"""Responses that wait for something: in the ASGI process that costs no thread.

A view that has to wait sets `later` of its response. The ASGI process then calls that in its event
loop; others send the response as it is. What `again` calls is the same request once more, with all
its middleware: whoever has lost access meanwhile is refused.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

Again = Callable[[object], Awaitable[HttpResponseBase]]
"""Calls the view again, in a thread; there `waited` returns the argument."""
Later = Callable[[Again], Awaitable[HttpResponseBase]]

ARRIVED_AT = "artgen.arrived_at"
CLIENT_GONE = "client gone"
"""Argument of the CancelledError in `Later` if the client has closed the connection."""


def set_later(response: HttpResponseBase, later: Later) -> None:
    response.later = later  # type: ignore[attr-defined]


def arrived_at(request: HttpRequest) -> datetime:
    """Return when the request came; it may have waited for a thread since."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    moment: datetime = scope.get(ARRIVED_AT) or timezone.now()
    return moment


def waited(request: HttpRequest) -> Any:
    """Return what was waited for if this is the call after the wait, else None."""
    scope: dict[str, Any] = getattr(request, "scope", {})
    return scope.get("artgen.waited")
