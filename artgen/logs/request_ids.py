"""The id of a request: nginx gives it, every log line about the request has it.

A message that a request sends to a worker carries it on, see `artgen.processes.celery`.
"""

import re
import secrets
from collections.abc import Callable

from django.core.signals import request_finished
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from artgen.logs import log_context

VALID = re.compile("[0-9A-Za-z_-]{8,64}")
"""As in nginx.conf: what a client sends in X-Request-ID is used if it looks like this."""


def read(header: str) -> str:
    """Return the id in the header's value, or a new one if it is missing or invalid."""
    return header if VALID.fullmatch(header) else secrets.token_hex(16)


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Log with the request's id until the response is closed.

    Not only until the middleware returns: Django logs a response with an error status after all
    middleware, and a streamed response is produced later.
    """

    def identified(request: HttpRequest) -> HttpResponseBase:
        log_context.set_fields(request_id=read(request.headers.get("X-Request-ID", "")))
        return get_response(request)

    return identified


def forget(**_: object) -> None:
    """Log without the id: the response is closed."""
    log_context.clear()


request_finished.connect(forget, dispatch_uid="request_ids")
