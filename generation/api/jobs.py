"""Jobs: create, list, get, cancel, retry."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request

from accounts.limits import rate_limits
from accounts.models import Scope
from accounts.requests import limited_token, user_of
from artgen.api.json_types import Page
from artgen.api.operations import Answer, operation
from artgen.api.pagination import FixedList, PageQuery, page_of
from artgen.api.shapes import Choice, Id, QueryText
from artgen.api.views import Endpoint, body_of, first_or_404
from generation.api import examples
from generation.api.bodies import KEY, KEY_PROBLEMS, ORDER_PROBLEMS, REPEATED, read_key
from generation.api.models import check_model
from generation.jobs import job_control, orders
from generation.jobs.job_request import JobOrderBody
from generation.jobs.serializers import JOB_COLUMNS, JobJson, job_json, job_rows_json
from generation.models import Job, Status


class JobsQuery(PageQuery):
    """Which jobs."""

    status = Choice(choices=Status.choices, required=False, help_text="Only in this status.")
    model = QueryText(help_text="Only of this model, by slug.")
    batch = Id(required=False, help_text="Only of this batch.")


class Jobs(Endpoint):
    """`/api/v1/jobs/`."""

    @operation("GET jobs/", query=JobsQuery, is_revalidated=True)
    def list_jobs(self, request: Request) -> Page[JobJson]:
        """List jobs.

        Newest first.
        """
        query, user = self.query, user_of(request)
        filters = {
            "status": query.get("status"),
            "model": check_model(query),
            "batch": query.get("batch"),
        }
        given = {name: value for name, value in filters.items() if value}
        rows: Any = (
            _of(user).filter(**given)
            if given
            else FixedList(Job, _of, {"user": user.pk}, JOB_COLUMNS)
        )
        return page_of(request, rows, query, show=job_rows_json)

    @operation(
        "POST jobs/",
        body=JobOrderBody,
        headers=[KEY],
        status=201,
        also=REPEATED,
        problems=[*ORDER_PROBLEMS, *KEY_PROBLEMS],
        bodies={"An image": examples.ORDER},
        scope=Scope.CREATE,
    )
    def place_job(self, request: Request) -> Answer[JobJson]:
        """Create a job.

        Holds its credits and queues it. Only `model` and `prompt` are required. Follow the job by
        `GET /api/v1/jobs/ID/` or live on the socket `/ws/jobs/`.
        """
        rate_limits.spend("place", user_of(request).pk)
        key = read_key(request)
        placed = orders.place(
            user=user_of(request),
            request=body_of(request),
            key=key,
            token_id=limited_token(request),
        )
        return _placed(placed.jobs[0], status=201 if placed.created else 200)

    @operation("GET jobs/<uuid:job_id>/", example=examples.JOB, url_name="api_job")
    def get_job(self, request: Request, job_id: UUID) -> JobJson:
        """Get a job."""
        return job_json(own_job(request, job_id))

    @operation(
        "POST jobs/<uuid:job_id>/cancel/",
        problems=["already_final", "daily_limit"],
        scope=Scope.CREATE,
    )
    def cancel_job(self, request: Request, job_id: UUID) -> JobJson:
        """Cancel a job.

        Its credits are returned. A job that has finished or is being saved can’t be canceled.
        """
        return job_json(job_control.cancel(job=own_job(request, job_id), actor=user_of(request)))

    @operation(
        "POST jobs/<uuid:job_id>/retry/",
        status=201,
        problems=["invalid", "already_final", *ORDER_PROBLEMS],
        scope=Scope.CREATE,
    )
    def retry_job(self, request: Request, job_id: UUID) -> Answer[JobJson]:
        """Retry a job.

        Creates a new job with the same parameters, seed included. In a comparison it takes the
        place of the old one, once.
        """
        rate_limits.spend("place", user_of(request).pk)
        job, token_id = own_job(request, job_id), limited_token(request)
        return _placed(orders.retry(user=user_of(request), job=job, token_id=token_id), status=201)


def _of(user: Any) -> Any:
    return Job.objects.of(user).values_list(*JOB_COLUMNS, named=True)


def own_job(request: Request, job_id: UUID) -> Job:
    """Return one of the user's own jobs; raise Http404 for others."""
    return first_or_404(Job.objects.of(request.user).with_all().filter(id=job_id))


def _placed(job: Job, *, status: int) -> Answer[JobJson]:
    location = reverse("api_job", args=[job.id])
    return Answer(job_json(job), status=status, headers={"Location": location})
