"""Bodies of jobs, batches and quotes as requests for `orders`; and the Idempotency-Key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from artgen.api.problems import invalid
from artgen.api.shapes import read
from generation.api.shapes_jobs import CountedShape, ListedShape

KEY_HEADER = "Idempotency-Key"
KEY_MAX_LENGTH = 255


@dataclass(frozen=True)
class Order:
    """The requests of one body; `listed` if they were under "jobs"."""

    requests: list[Mapping[str, Any]]
    listed: bool


def read_order(body: Mapping[str, Any]) -> Order:
    """Return the requests of `{…job fields…, "count"}` or `{"jobs": […]}`; raise Problem."""
    listed = "jobs" in body
    shape = ListedShape(data=body) if listed else CountedShape(data=body)
    return Order(requests=read(shape)["requests"], listed=listed)


def read_key(request: Request) -> str:
    """Return the Idempotency-Key, "" without one; raise Problem if it is invalid."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return ""
    if len(key) > KEY_MAX_LENGTH:
        raise invalid(
            KEY_HEADER, "max_length", _("At most %(max)d characters.") % {"max": KEY_MAX_LENGTH}
        )
    if not key or not key.isascii() or not key.isprintable():
        raise invalid(
            KEY_HEADER,
            "invalid",
            _("Must be 1–%(max)d ASCII characters.") % {"max": KEY_MAX_LENGTH},
        )
    return key
