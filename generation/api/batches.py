"""Batches: several jobs created at once, all or none."""

from typing import TypedDict, cast
from uuid import UUID

from django.db.models import prefetch_related_objects
from rest_framework.request import Request

from accounts.limits import rate_limits
from accounts.models import Scope
from accounts.requests import limited_token, user_of
from artgen.api.operations import Answer, operation
from artgen.api.views import Endpoint, body_of
from generation.api import examples
from generation.api.bodies import (
    BATCH_ORDER,
    KEY,
    KEY_PROBLEMS,
    ORDER_PROBLEMS,
    REPEATED,
    read_key,
    read_order,
)
from generation.jobs import orders
from generation.jobs.serializers import JobJson, jobs_json


class BatchJson(TypedDict):
    """Jobs created at once."""

    id: UUID
    jobs: list[JobJson]


class Batches(Endpoint):
    """`/api/v1/batches/`."""

    tag = "jobs"

    @operation(
        "POST batches/",
        body=BATCH_ORDER,
        headers=[KEY],
        status=201,
        also=REPEATED,
        problems=[*ORDER_PROBLEMS, *KEY_PROBLEMS],
        bodies=examples.BATCHES,
        scope=Scope.CREATE,
    )
    def place_batch(self, request: Request) -> Answer[BatchJson]:
        """Create a batch of 1–8 jobs.

        All of them or none. Either one job with `count`, or `jobs`.
        """
        rate_limits.spend("place", user_of(request).pk)
        key, order = read_key(request), read_order(body_of(request))
        placed = orders.place_batch(
            user=user_of(request),
            requests=order.requests,
            key=key,
            listed=order.listed,
            token_id=limited_token(request),
        )
        prefetch_related_objects(placed.jobs, "images")
        batch: BatchJson = {"id": cast(UUID, placed.batch), "jobs": jobs_json(placed.jobs)}
        return Answer(batch, status=201 if placed.created else 200)
