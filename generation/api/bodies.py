"""Bodies of jobs, batches and quotes, unfolded into the requests that `orders` takes; and the Idempotency-Key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from artgen.api.problems import FieldProblem, Problem, invalid
from generation.catalog.offers import BATCH_MAX
from generation.jobs import orders

KEY_HEADER = "Idempotency-Key"
KEY_MAX_LENGTH = 255


@dataclass(frozen=True)
class Order:
    """The requests of one body; `listed` where it had them under "jobs"."""

    requests: list[Mapping[str, Any]]
    listed: bool


def read_order(body: Mapping[str, Any]) -> Order:
    """Return the requests of `{…job fields…, "count"}` or of `{"jobs": […]}`; raises Problem."""
    if "jobs" in body:
        return Order(requests=_jobs(body), listed=True)
    count = body.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int):
        raise invalid("count", "invalid", _("This must be a whole number."))
    if not 1 <= count <= BATCH_MAX:
        raise invalid("count", "min_value" if count < 1 else "max_value", _one_to_most())
    request = {name: value for name, value in body.items() if name != "count"}
    return Order(requests=list(orders.repeated(request, count=count)), listed=False)


def read_key(request: Request) -> str:
    """Return the Idempotency-Key, empty without one; raises Problem for one that cannot be kept."""
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
            _("From 1 to %(max)d ASCII characters.") % {"max": KEY_MAX_LENGTH},
        )
    return key


def _jobs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    beside = [
        FieldProblem(
            name, "unknown_field", _("Not together with “jobs”: it says all of each picture.")
        )
        for name in body
        if name != "jobs"
    ]
    if beside:
        raise Problem("invalid", errors=beside)
    jobs = body["jobs"]
    if not isinstance(jobs, list):
        raise invalid("jobs", "invalid", _("This must be a list."))
    if not 1 <= len(jobs) <= BATCH_MAX:
        raise invalid("jobs", "min_length" if not jobs else "max_length", _one_to_most())
    wrong = [
        FieldProblem(f"jobs[{index}]", "invalid", _("This must be a JSON object."))
        for index, job in enumerate(jobs)
        if not isinstance(job, dict)
    ]
    if wrong:
        raise Problem("invalid", errors=wrong)
    return jobs


def _one_to_most() -> str:
    return _("From 1 to %(max)d pictures at once.") % {"max": BATCH_MAX}
