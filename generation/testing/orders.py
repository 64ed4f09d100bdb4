"""Orders as tests place them: of one job, or of a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import User
from generation.jobs.placing import orders
from generation.jobs.placing.job_order import JobOrder, PlacedOrder


def place(*, user: User, request: Mapping[str, Any], **options: Any) -> PlacedOrder:
    return orders.place(JobOrder(user, [request], is_batch=False, **options))


def place_batch(
    *, user: User, requests: Sequence[Mapping[str, Any]], **options: Any
) -> PlacedOrder:
    return orders.place(JobOrder(user, requests, **options))
