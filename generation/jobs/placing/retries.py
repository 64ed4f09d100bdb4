"""Place a job again: for its user, or for the owner by staff."""

from typing import Any
from uuid import UUID

from accounts.models import User
from generation.jobs.placing import orders
from generation.jobs.placing.job_order import JobOrder, PlacedOrder, Placer
from generation.models import Job


def retry(
    *, user: User, job: Job, token_id: UUID | None = None, max_credits: int | None = None
) -> Job:
    """Queue a new job with the same parameters, seed included; raises what `place` raises.

    In a sheet it takes the cell of the old one; raises `sheet_orders.CellReplaced` if another one
    has it.
    """
    requests = [_request_of(job)]
    order = JobOrder(
        user, requests, is_batch=False, repeats=job, token_id=token_id, max_credits=max_credits
    )
    return orders.place(order).jobs[0]


def retry_for_owner(*, job: Job, actor: User | None) -> PlacedOrder:
    """Queue a job again for its owner, at the owner's cost, on behalf of staff.

    A second call for the same job places nothing and returns `created` False. `actor` is None for
    a command. Raises what `place` raises.
    """
    order = JobOrder(
        job.user,
        [_request_of(job)],
        is_batch=False,
        key=f"retry {job.id}",
        repeats=job,
        placer=Placer.STAFF,
        placed_by=actor,
    )
    return orders.place(order)


def _request_of(job: Job) -> dict[str, Any]:
    parameters = job.parameters
    if job.model.offer.sized_by_source:  # its size is read from the source image again
        del parameters["width"], parameters["height"]
    return {"model": job.model.slug, **parameters}
