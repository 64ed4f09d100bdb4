"""Orders of jobs: their bodies, the Idempotency-Key, and what operations that place them share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request

from accounts.models import Scope
from artgen.api.inputs import Number, read
from artgen.api.problems import invalid
from generation.api.waiting import PREFER, WAIT
from generation.catalog.offers import BATCH_MAX
from generation.jobs.placing import drafts
from generation.jobs.placing.job_request import JobOrderBody, MaxCreditsBody

KEY_HEADER = "Idempotency-Key"
KEY_MAX_LENGTH = 255
KEY = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "minLength": 1, "maxLength": KEY_MAX_LENGTH, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="ASCII characters of your choice. The same key and body again: the same response "
    "with 200, nothing is created. Another body: 422.",
)
ORDER_PROBLEMS = [
    *("price_too_high", "too_few_credits", "token_limit_reached", "permission_denied"),
    "model_not_allowed",
    *("size_not_allowed", "batch_not_allowed", "prompt_not_allowed", "held_for_review"),
    *("too_many_requests", "too_many_waiting", "daily_limit", "monthly_limit", "storage_full"),
    "generation_off",
]
"""Codes of new jobs, the form of the request aside."""
KEYED: dict[str, Any] = {
    "headers": [KEY],
    "status": 201,
    "also": {200: "Created before with this Idempotency-Key"},
    "problems": [*ORDER_PROBLEMS, "idempotency_key_busy", "idempotency_key_reused"],
    "scope": Scope.CREATE,
}
"""Options of the operations that place jobs under an Idempotency-Key."""
WAITING = KEYED | {"headers": [KEY, WAIT, PREFER]}
"""Options of those that may also wait until the jobs have ended."""
ORDER = {"model": "flux-dev", "prompt": "Tea hills in morning mist", "width": 1024, "height": 768}
ONE = {"An image": ORDER}
BATCHES = {
    "Four of one": ORDER | {"count": 4},
    "Different ones": {"jobs": [ORDER, ORDER | {"prompt": "A canyon of layered colored paper"}]},
}
ONE_TO_MOST = gettext_lazy("Must be 1–10 images.")


COUNT = Number(
    required=False,
    min_value=1,
    max_value=BATCH_MAX,
    help_text="1 to 10 images; 1 if not given.",
    error_messages={
        "null": gettext_lazy("Must be a whole number."),
        **dict.fromkeys(("min_value", "max_value"), ONE_TO_MOST),
    },
)


class OneOrderBody(JobOrderBody, MaxCreditsBody):
    __doc__ = JobOrderBody.__doc__


class CountedOrderBody(OneOrderBody):
    """The same request several times; a given seed counts up."""

    count = COUNT

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return `{"jobs"}`, as `ListedOrderBody` does."""
        try:
            count = self.fields["count"].run_validation(data.get("count", 1))
        except serializers.ValidationError as refused:
            raise serializers.ValidationError({"count": refused.detail}) from refused
        request = {name: value for name, value in data.items() if name != "count"}
        return {"jobs": drafts.repeated(request, count=count)}


class ListedOrderBody(MaxCreditsBody):
    """Different images at once."""

    jobs = serializers.ListField(
        child=JobOrderBody(),
        min_length=1,
        max_length=BATCH_MAX,
        help_text="1 to 10 of them.",
        error_messages={
            **dict.fromkeys(("null", "not_a_list"), gettext_lazy("Must be a list.")),
            **dict.fromkeys(("min_length", "max_length"), ONE_TO_MOST),
        },
    )


BATCH = PolymorphicProxySerializer(
    component_name="BatchOrder",
    serializers=[CountedOrderBody, ListedOrderBody],
    resource_type_field_name=None,
)


@dataclass(frozen=True)
class RequestedJobs:
    """The requests of one body; `is_listed` if they were under "jobs"."""

    requests: list[Mapping[str, Any]]
    is_listed: bool
    max_credits: int | None


def split_price(body: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """Return a body without `max_credits`, and the value of that; raise Problem."""
    rest = dict(body)
    limit = {name: rest.pop(name) for name in ("max_credits",) if name in rest}
    return rest, read(MaxCreditsBody(data=limit)).get("max_credits")


def read_order(body: Mapping[str, Any]) -> RequestedJobs:
    """Return the requests of `{…job fields…, "count"}` or `{"jobs": […]}`; raise Problem."""
    body, max_credits = split_price(body)
    is_listed = "jobs" in body
    shape = ListedOrderBody(data=body) if is_listed else CountedOrderBody(data=body)
    return RequestedJobs(read(shape)["jobs"], is_listed=is_listed, max_credits=max_credits)


def read_key(request: Request) -> str:
    """Return the Idempotency-Key, "" without one; raise Problem if it is invalid."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return ""
    most = {"max": KEY_MAX_LENGTH}
    if len(key) > KEY_MAX_LENGTH:
        raise invalid(KEY_HEADER, "max_length", _("At most %(max)d characters.") % most)
    if not key or not key.isascii() or not key.isprintable():
        raise invalid(KEY_HEADER, "invalid", _("Must be 1–%(max)d ASCII characters.") % most)
    return key
