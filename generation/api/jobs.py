"""Jobs: create, list, get, cancel, retry; batches and quotes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypedDict, cast
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.urls import reverse
from rest_framework.request import Request

from accounts.access.request_user import limited_token, user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from artgen.api.inputs import Choice, Id, QueryText
from artgen.api.json_types import Page
from artgen.api.operations import Answer, operation
from artgen.api.pagination import FixedList, PageQuery, page_of
from artgen.api.views import ApiView, body_of, first_or_404
from artgen.processes.later import waited
from generation.api import waiting
from generation.api.batch_bodies import (
    BATCH,
    BATCHES,
    ONE,
    ORDER_PROBLEMS,
    WAITING,
    OneOrderBody,
    read_key,
    read_order,
    split_price,
)
from generation.api.models import check_model
from generation.jobs.engine import job_control
from generation.jobs.eta import EtaJson
from generation.jobs.live.job_json import JOB_COLUMNS, JobJson, job_json, job_rows_json, jobs_json
from generation.jobs.placing import orders, quotes, retries
from generation.jobs.placing.job_order import JobOrder
from generation.jobs.placing.job_request import CancelBody, MaxCreditsBody
from generation.models import Job, Status


class BatchJson(TypedDict):
    """Jobs created at once."""

    id: UUID
    jobs: list[JobJson]


class QuoteJson(TypedDict):
    """Price of an order, and wait time until its last image."""

    credits: int
    eta_seconds: Annotated[
        EtaJson | None,
        "Until the last image; null while a budget makes it wait, and if your limit of images in "
        "progress at once is 0.",
    ]
    parked_until: Annotated[
        datetime | None,
        "Until then at least the last image would wait for a budget of the site, else null.",
    ]


class JobsQuery(PageQuery):
    """Which jobs."""

    status = Choice(choices=Status.choices, required=False, help_text="Only in this status.")
    model = QueryText(help_text="Only of this model, by slug.")
    batch = Id(required=False, help_text="Only of this batch.")


class Jobs(ApiView):
    """Jobs, batches and quotes."""

    tag = "jobs"

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
        conditions = {name: value for name, value in filters.items() if value}
        rows: QuerySet[Any, Any] | FixedList = (
            _of(user).filter(**conditions)
            if conditions
            else FixedList(Job, _of, {"user": user.pk}, JOB_COLUMNS)
        )
        shown, links = page_of(request, rows, query)
        return {"results": job_rows_json(shown), **links}

    @operation("POST jobs/", body=OneOrderBody, bodies=ONE, **WAITING)
    def place_job(self, request: Request) -> Answer[JobJson]:
        """Create a job.

        Holds its credits and queues it. Only `model` and `prompt` are required. Follow the job by
        `GET /api/v1/jobs/ID/` or live on the socket `/ws/jobs/`.
        """
        seconds = waiting.seconds_of(request)
        if end := waited(request):
            return _job_waited_for(request, end)
        rate_limits.spend("place", user_of(request).pk)
        key = read_key(request)
        body, max_credits = split_price(body_of(request))
        order = JobOrder(
            user_of(request),
            [body],
            is_batch=False,
            key=key,
            token_id=limited_token(request),
            max_credits=max_credits,
        )
        placed = orders.place(order)
        answer = _job_answer(placed.jobs[0], status=201 if placed.created else 200)
        _wait(request, answer, placed.jobs, seconds=seconds)
        return answer

    @operation("POST batches/", body=BATCH, bodies=BATCHES, **WAITING)
    def place_batch(self, request: Request) -> Answer[BatchJson]:
        """Create a batch of 1 to 10 jobs.

        All of them or none. Either one job with `count`, or `jobs`.
        """
        seconds = waiting.seconds_of(request)
        if end := waited(request):
            jobs = Job.objects.of(request.user).with_all().filter(id__in=end.job_ids)
            headers = _applied(request)
            return _batch_answer(list(jobs.order_by("id")), status=end.about, headers=headers)
        rate_limits.spend("place", user_of(request).pk)
        key, asked = read_key(request), read_order(body_of(request))
        order = JobOrder(
            user_of(request),
            asked.requests,
            is_listed=asked.is_listed,
            key=key,
            token_id=limited_token(request),
            max_credits=asked.max_credits,
        )
        placed = orders.place(order)
        prefetch_related_objects(placed.jobs, "images")
        answer = _batch_answer(placed.jobs, status=201 if placed.created else 200)
        _wait(request, answer, placed.jobs, seconds=seconds)
        return answer

    @operation("POST quotes/", body=BATCH, bodies=ONE | BATCHES, scope=Scope.READ)
    def quote(self, request: Request) -> QuoteJson:
        """Get a quote.

        The body of a job or a batch; no job is created.
        """
        order = read_order(body_of(request))
        user = user_of(request)
        return quote_json(
            quotes.of_requests(user=user, requests=order.requests, is_listed=order.is_listed)
        )

    @operation(
        "GET jobs/<uuid:job_id>/",
        url_name="api_job",
        headers=[waiting.WAIT, waiting.PREFER],
        problems=["invalid"],
    )
    def get_job(self, request: Request, job_id: UUID) -> Answer[JobJson]:
        """Get a job.

        With `wait`, when it has ended: one request instead of many.
        """
        seconds = waiting.seconds_of(request)
        job = own_job(request, job_id)
        answer = Answer(job_json(job))
        if not waited(request):
            waiting.wait(answer, [job], user=user_of(request), seconds=seconds)
        return answer

    @operation(
        "POST jobs/<uuid:job_id>/cancel/",
        body=CancelBody,
        problems=["already_final", "daily_limit", "price_too_high"],
        scope=Scope.CREATE,
    )
    def cancel_job(self, request: Request, job_id: UUID) -> JobJson:
        """Cancel a job.

        Its credits are returned, unless a provider that can’t stop it has taken it: then they are
        charged, but not above `max_credits`. A job that has finished or is being saved can’t
        be canceled.
        """
        limit = self.read_body(is_optional=True)
        job, user = own_job(request, job_id), user_of(request)
        return job_json(job_control.cancel(job=job, actor=user, **limit))

    @operation(
        "POST jobs/<uuid:job_id>/retry/",
        body=MaxCreditsBody,
        headers=[waiting.WAIT, waiting.PREFER],
        status=201,
        problems=["already_final", *ORDER_PROBLEMS],
        scope=Scope.CREATE,
    )
    def retry_job(self, request: Request, job_id: UUID) -> Answer[JobJson]:
        """Retry a job.

        Creates a new job with the same parameters, seed included. In a comparison it takes the
        place of the old one, once.
        """
        seconds = waiting.seconds_of(request)
        if end := waited(request):
            return _job_waited_for(request, end)
        rate_limits.spend("place", user_of(request).pk)
        job, user = own_job(request, job_id), user_of(request)
        limit = self.read_body(is_optional=True)
        placed = retries.retry(user=user, job=job, token_id=limited_token(request), **limit)
        answer = _job_answer(placed, status=201)
        _wait(request, answer, [placed], seconds=seconds)
        return answer


def _of(user: object) -> Any:
    return Job.objects.of(user).values_list(*JOB_COLUMNS, named=True)


def own_job(request: Request, job_id: UUID) -> Job:
    """Return one of the user's own jobs; raise Http404 for others."""
    return first_or_404(Job.objects.of(request.user).with_all().filter(id=job_id))


def quote_json(quote: quotes.Quote) -> QuoteJson:
    return {
        "credits": quote.credits,
        "eta_seconds": quote.eta.as_json() if quote.eta else None,
        "parked_until": quote.parked_until,
    }


def _job_answer(
    job: Job, *, status: int, headers: Mapping[str, str] | None = None
) -> Answer[JobJson]:
    location = {"Location": reverse("api_job", args=[job.id])}
    return Answer(job_json(job), status=status, headers={**location, **(headers or {})})


def _batch_answer(
    jobs: Sequence[Job], *, status: int, headers: Mapping[str, str] | None = None
) -> Answer[BatchJson]:
    batch: BatchJson = {"id": cast(UUID, jobs[0].batch), "jobs": jobs_json(jobs)}
    return Answer(batch, status=status, headers=headers)


def _job_waited_for(request: Request, end: waiting.EndOfJobs) -> Answer[JobJson]:
    job = own_job(request, end.job_ids[0])
    return _job_answer(job, status=end.about, headers=_applied(request))


def _applied(request: Request) -> dict[str, str]:
    """Return the headers of an answer after its wait."""
    return {"Preference-Applied": "wait"} if waiting.preferred_seconds(request) else {}


def _wait(request: Request, answer: Answer[Any], jobs: Sequence[Job], *, seconds: int) -> None:
    """Let the answer wait for the end of the jobs."""
    waiting.wait(answer, jobs, user=user_of(request), seconds=seconds, about=answer.status_code)
