"""Jobs: create, list, get, cancel, retry."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, User
from accounts.requests import limited_token, user_of
from artgen.api import pagination
from artgen.api.views import Endpoint, body_of, choice_of, first_or_404, id_of, query_of
from generation.api import docs_jobs, rate_limits
from generation.api.bodies import read_key
from generation.api.models import check_model
from generation.jobs import job_control, orders
from generation.jobs.serializers import JOB_COLUMNS, job_json, job_rows_json
from generation.models import Job, Status


class Jobs(Endpoint):
    """`/api/v1/jobs/`."""

    is_revalidated = True
    write_scope = Scope.CREATE

    @extend_schema(**docs_jobs.LIST_JOBS)
    def get(self, request: Request) -> Response:
        """Return a page of the user's own jobs."""
        query = query_of(request, "status", "model", "batch", *pagination.PARAMETERS)
        filters = {
            "status": choice_of(query, "status", Status.values),
            "model": check_model(query),
            "batch": id_of(query, "batch"),
        }
        asked = {name: value for name, value in filters.items() if value}
        user = user_of(request)
        rows: Any = (
            _of(user).filter(**asked)
            if asked
            else pagination.FixedList(Job, _of, {"user": user.pk}, JOB_COLUMNS)
        )
        return Response(pagination.page_of(request, rows, show=job_rows_json))

    @extend_schema(**docs_jobs.PLACE_JOB)
    def post(self, request: Request) -> Response:
        """Create one job."""
        rate_limits.spend(request, group="place", rate=settings.PLACING_RATE)
        key = read_key(request)
        placed = orders.place(
            user=cast(User, request.user),
            request=body_of(request),
            key=key,
            token_id=limited_token(request),
        )
        return _placed(placed.jobs[0], status=201 if placed.created else 200)


class JobDetail(Endpoint):
    """`/api/v1/jobs/ID/`."""

    @extend_schema(**docs_jobs.GET_JOB)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Return one of the user's own jobs."""
        return Response(job_json(own_job(request, job_id)))


class JobCancel(Endpoint):
    """`/api/v1/jobs/ID/cancel/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_jobs.CANCEL_JOB)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel one of the user's own jobs."""
        job = own_job(request, job_id)
        ended = job_control.cancel(job=job, actor=cast(User, request.user))
        return Response(job_json(ended))


class JobRetry(Endpoint):
    """`/api/v1/jobs/ID/retry/`."""

    write_scope = Scope.CREATE

    @extend_schema(**docs_jobs.RETRY_JOB)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Create a new job with the parameters of one of the user's own."""
        rate_limits.spend(request, group="place", rate=settings.PLACING_RATE)
        job = own_job(request, job_id)
        again = orders.retry(
            user=cast(User, request.user), job=job, token_id=limited_token(request)
        )
        return _placed(again, status=201)


def _of(user: Any) -> Any:
    return Job.objects.of(user).values_list(*JOB_COLUMNS, named=True)


def own_job(request: Request, job_id: UUID) -> Job:
    """Return one of the user's own jobs; raise Http404 for others."""
    return first_or_404(Job.objects.of(request.user).with_all().filter(id=job_id))


def _placed(job: Job, *, status: int) -> Response:
    return Response(
        job_json(job), status=status, headers={"Location": reverse("api_job", args=[job.id])}
    )
