"""Bodies of jobs, batches and quotes as requests for `orders`; and the Idempotency-Key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from artgen.api.problems import Problem, invalid
from artgen.refusals import FieldError
from generation.catalog.offers import BATCH_MAX
from generation.jobs import orders

KEY_HEADER = "Idempotency-Key"
KEY_MAX_LENGTH = 255


@dataclass(frozen=True)
class Order:
    """The requests of one body; `listed` if they were under "jobs"."""

    requests: list[Mapping[str, Any]]
    listed: bool


def read_order(body: Mapping[str, Any]) -> Order:
    """Return the requests of `{…job fields…, "count"}` or `{"jobs": […]}`; raise Problem."""
    if "jobs" in body:
        return Order(requests=_jobs(body), listed=True)
    count = body.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int):
        raise invalid("count", "invalid", _("Must be a whole number."))
    if not 1 <= count <= BATCH_MAX:
        raise invalid("count", "min_value" if count < 1 else "max_value", _one_to_most())
    request = {name: value for name, value in body.items() if name != "count"}
    return Order(requests=list(orders.repeated(request, count=count)), listed=False)


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


def _jobs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    beside = [
        FieldError(name, "unknown_field", _("Can’t be combined with “jobs”."))
        for name in body
        if name != "jobs"
    ]
    if beside:
        raise Problem("invalid", errors=beside)
    jobs = body["jobs"]
    if not isinstance(jobs, list):
        raise invalid("jobs", "invalid", _("Must be a list."))
    if not 1 <= len(jobs) <= BATCH_MAX:
        raise invalid("jobs", "min_length" if not jobs else "max_length", _one_to_most())
    wrong = [
        FieldError(f"jobs[{index}]", "invalid", _("Must be a JSON object."))
        for index, job in enumerate(jobs)
        if not isinstance(job, dict)
    ]
    if wrong:
        raise Problem("invalid", errors=wrong)
    return jobs


def _one_to_most() -> str:
    return _("Must be 1–%(max)d images.") % {"max": BATCH_MAX}
