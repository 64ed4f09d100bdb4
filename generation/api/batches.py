"""Batches: several jobs created at once, all or none."""

from typing import cast

from django.conf import settings
from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from artgen.api.views import Endpoint, body_of
from generation.api import docs_jobs, rate_limits
from generation.api.bodies import read_key, read_order
from generation.jobs import orders
from generation.jobs.serializers import jobs_json


class Batches(Endpoint):
    """`/api/v1/batches/`."""

    @extend_schema(**docs_jobs.PLACE_BATCH)
    def post(self, request: Request) -> Response:
        """Create one to eight jobs."""
        rate_limits.spend(request, group="place", rate=settings.PLACING_RATE)
        key, order = read_key(request), read_order(body_of(request))
        placed = orders.place_batch(
            user=cast(User, request.user), requests=order.requests, key=key, listed=order.listed
        )
        prefetch_related_objects(placed.jobs, "images")
        answer = {"id": str(placed.batch), "jobs": jobs_json(placed.jobs)}
        return Response(answer, status=201 if placed.created else 200)
