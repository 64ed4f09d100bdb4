"""Submit the queued jobs of a model to the provider: POST /run."""

import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from botocore.exceptions import BotoCoreError
from django.db import transaction
from django.utils import timezone

from artgen.database import pooling, raw_sql
from generation.jobs import clients
from generation.jobs.budgets import budget_choice
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import (
    callback_tokens,
    dispatch,
    failures,
    lifecycle,
    outages,
    submission_pauses,
)
from generation.jobs.engine.driver import trial_log
from generation.jobs.engine.driver.live_reports import LiveReports
from generation.jobs.inputs import masks, sources
from generation.jobs.inputs.payloads import input_of
from generation.jobs.queue import scheduling
from generation.jobs.queue.scheduling import Openings
from generation.models import Endpoint, ImageModel, Job
from generation.models.outages import BLOCKS_ENDPOINT, TRIES_ENDPOINT
from generation.providers.call_errors import (
    EndpointMissing,
    JobRefused,
    KeyRefused,
    NotAccepted,
    ProviderError,
)
from generation.providers.payloads import PayloadError
from generation.providers.provider import SYNCHRONOUS, Order, Submission

log = logging.getLogger(__name__)

MAX_PARALLEL_POSTS = 32
ARRIVAL_SECONDS = 0.5  # POSTs that take longer delay no outcome of the others
NOT_RUN = Charge(usd=None, has_run=False)
SOURCE_PAUSE = timedelta(seconds=10)  # when the bucket does not deliver a source image

ENDPOINTS = """
    SELECT {model_columns}, {endpoint_columns}, {is_limited} AS is_limited,
        {blocks_endpoint} AS is_blocked, {tries_endpoint} AS is_tried,
        (SELECT COUNT(*) FROM generation_endpoint WHERE model_id = model.id) > 1 AS has_choice
    FROM generation_imagemodel AS model
    JOIN generation_endpoint AS endpoint ON endpoint.model_id = model.id
    WHERE slug = %s AND (endpoint.enabled OR EXISTS (
        SELECT 1 FROM generation_job AS trial
        WHERE trial.model_id = model.id AND trial.due_at IS NOT NULL
            AND trial.status = 'queued' AND trial.is_trial
            AND trial.snapshot -> 'wanted_endpoint' = to_jsonb(endpoint.id)
    )) AND NOT EXISTS (
        SELECT 1 FROM generation_generationswitch AS switch WHERE NOT switch."on"
    )
    ORDER BY endpoint.preference, endpoint.id
    FOR NO KEY UPDATE OF model, endpoint"""
"""SQL of a model's row with each of its endpoints, if generation is switched on: whether an outage
blocks it, and whether budgets or limits of jobs at once apply. Both are locked: one that has waited
for another submission sees the pause that this has caused. A disabled one gets trials alone."""


class EndpointFacts(NamedTuple):
    """What ENDPOINTS says beside the rows."""

    is_limited: bool
    is_blocked: bool
    is_tried: bool
    has_choice: bool


Outcome = Submission | Exception
Outcomes = list[tuple[Job, Outcome]]


class NotSent(Exception):
    """Preparing the POST failed, so nothing was sent."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(repr(cause))
        self.cause = cause


def submit(slug: str) -> list[Job]:
    """Submit all jobs of the model that fit, in parallel, and return them.

    Those for a synchronous provider go to the threads of `image_calls`.
    """
    taken = take_jobs(slug)
    jobs = [job for job in taken if job.place.provider not in SYNCHRONOUS]
    if len(jobs) < len(taken):
        dispatch.make()
    if jobs:
        sent: dict[UUID, dict[str, Any]] = {}
        kinds: dict[int, set[str]] = defaultdict(set)
        missing = Counter(endpoint_of(job).pk for job in jobs)
        for outcomes in post_all(jobs, sent=sent):
            trial_log.note_posts(outcomes, sent)
            for pk, of_endpoint in _by_endpoint(outcomes):
                kinds[pk] |= store_outcomes(of_endpoint)
                missing[pk] -= len(of_endpoint)
                if not missing[pk]:  # those of another endpoint may still hang
                    judge(endpoint_of(of_endpoint[0][0]), kinds[pk])
            # Calls that came meanwhile did nothing: a submission of the model was running.
            if scheduling.is_waiting(jobs[0].model_id):
                dispatch.submit(slug)
    return taken


def take_jobs(slug: str) -> list[Job]:
    """Move the next jobs to SUBMITTED under the model's lock, up to `max_in_flight` of endpoints.

    Empty while generation is switched off, no budget or limit allows a job, or an outage or its
    circuit breaker closes every endpoint: queued jobs wait here and cost nothing.
    """
    with transaction.atomic():
        openings = _openings(slug)
        jobs = lifecycle.begin_submission(openings) if openings and openings.open else []
        if openings:
            for place in {job.place for job in jobs if job.endpoint_id in openings.tried}:
                outages.begin_trial(place)
    return jobs


def _openings(slug: str) -> Openings | None:
    """Lock the model and its endpoints; None if nothing may be submitted."""
    statement = ENDPOINTS.format(
        model_columns=raw_sql.columns(ImageModel, of="model"),
        endpoint_columns=raw_sql.columns(Endpoint, of="endpoint"),
        is_limited=budget_choice.is_needed(),
        blocks_endpoint=BLOCKS_ENDPOINT,
        tries_endpoint=TRIES_ENDPOINT,
    )
    rows = raw_sql.fetch_pairs(ImageModel, Endpoint, EndpointFacts, statement, [slug])
    if not rows:
        return None
    now = timezone.now()
    tried = frozenset(endpoint.pk for _model, endpoint, facts in rows if facts.is_tried)
    closed = frozenset(
        endpoint.pk
        for _model, endpoint, facts in rows
        if facts.is_blocked
        or (endpoint.submit_after and endpoint.submit_after > now)
        or (endpoint.pk in tried and not outages.lock_trial(endpoint.place))
    )
    model, first, facts = rows[0]
    return Openings(
        model=model,
        endpoints=[endpoint for _model, endpoint, _facts in rows],
        closed=closed,
        tried=tried,
        has_choice=facts.has_choice or not first.enabled,
        is_limited=facts.is_limited,
    )


def post_all(
    jobs: Sequence[Job],
    *,
    sent: dict[UUID, dict[str, Any]] | None = None,
) -> Iterator[Outcomes]:
    """Send the POST of each job, and yield the outcomes that have arrived, every ARRIVAL_SECONDS.

    Call it outside of transactions. `sent` gets the `input` of each trial of a model.
    """
    calls = [(job, _prepare(job, sent)) for job in jobs]
    pooling.give_back()  # the bucket and the POSTs may take seconds
    if len(calls) == 1:
        yield [(job, _outcome(call)) for job, call in calls]
        return
    workers = min(len(calls), MAX_PARALLEL_POSTS)
    with ThreadPoolExecutor(workers, thread_name_prefix="submission") as pool:
        # Log fields and traces: a context of its own for each.
        posts = {pool.submit(copy_context().run, _outcome, call): job for job, call in calls}
        while posts:
            arrived, _ = wait(posts, timeout=ARRIVAL_SECONDS)
            if arrived:
                yield [(posts.pop(post), post.result()) for post in list(posts) if post in arrived]
                pooling.give_back()


def _prepare(
    job: Job, sent: dict[UUID, dict[str, Any]] | None
) -> Callable[[], Submission] | NotSent:
    """Read what the POST needs from the database, and return the function that sends it."""
    try:
        chosen, webhook = sources.chosen(job), callback_tokens.address(job)
        provider = clients.of(job.place.provider)
    except Exception as error:  # noqa: BLE001 `_store_not_sent` handles the expected ones
        return NotSent(error)

    def post() -> Submission:
        try:
            payload = input_of(job, chosen)  # reads source images from the bucket
        except Exception as error:
            raise NotSent(error) from error
        if job.is_trial and sent is not None:
            sent[job.id] = payload
        return provider.submit(
            Order(
                endpoint_id=job.place.endpoint_id,
                input=payload,
                webhook=webhook,
                remote_id=clients.own_id(job),
                on_report=LiveReports(job).store,
            )
        )

    return post


def _outcome(call: Callable[[], Submission] | NotSent) -> Outcome:
    if isinstance(call, NotSent):
        return call
    try:
        return call()
    except Exception as error:  # noqa: BLE001 `store_outcomes` treats unexpected ones as unknown
        return error


def store_outcomes(outcomes: Outcomes) -> set[str]:
    """Store the outcomes of POSTs to one endpoint, and pause it if the provider refused any.

    Returns which kinds there are: accepted, refused, unclear.
    """
    accepted: list[tuple[Job, str]] = []
    refused: list[tuple[Job, NotAccepted]] = []
    unclear: list[tuple[Job, Exception]] = []
    for job, outcome in outcomes:
        if isinstance(outcome, Submission):
            accepted.append((job, outcome.remote_id))
        elif isinstance(outcome, NotAccepted):
            refused.append((job, outcome))
        elif isinstance(outcome, KeyRefused | EndpointMissing | JobRefused | NotSent):
            with contextlib.suppress(lifecycle.Stale):
                _store_refusal(job, outcome)
        else:  # OutcomeUnknown, and any unexpected error after the call had begun
            unclear.append((job, outcome))
    if accepted:
        _store_accepted(accepted)
    if refused:
        retry_after = [e.retry_after for _, e in refused if e.retry_after is not None]
        submission_pauses.pause(
            endpoint_of(refused[0][0]),
            pauses=submission_pauses.REFUSED,
            retry_after=max(retry_after, default=None),
        )
        lifecycle.put_back([(job, error.full_text) for job, error in refused], until=timezone.now())
    if unclear:
        _store_unclear(unclear)
    kinds = {"accepted": accepted, "refused": refused, "unclear": unclear}
    return {kind for kind, jobs in kinds.items() if jobs}


def _by_endpoint(outcomes: Outcomes) -> Iterator[tuple[int, Outcomes]]:
    by_endpoint: dict[int, Outcomes] = defaultdict(list)
    for job, outcome in outcomes:
        by_endpoint[endpoint_of(job).pk].append((job, outcome))
    yield from by_endpoint.items()


def endpoint_of(job: Job) -> Endpoint:
    """Return the endpoint that a job is being submitted to, as it was locked."""
    if job.endpoint is None:
        raise ValueError("the job is not being submitted")
    return job.endpoint


def judge(endpoint: Endpoint, kinds: set[str]) -> None:
    """Pause the endpoint if it may have taken none of its jobs, or end a pause."""
    if kinds == {"unclear"}:
        submission_pauses.pause(endpoint, pauses=submission_pauses.UNCLEAR)
    elif kinds and "refused" not in kinds:
        submission_pauses.reset(endpoint)


def _store_accepted(accepted: Sequence[tuple[Job, str]]) -> None:
    stored = {job.id for job in lifecycle.store_accepted(accepted)}
    for job, runpod_id in accepted:
        if job.id not in stored:  # canceled meanwhile
            lifecycle.request_stop(job, runpod_id=runpod_id)
            dispatch.stop()


def _store_unclear(unclear: Sequence[tuple[Job, Exception]]) -> None:
    details = []
    for job, error in unclear:
        log.warning(
            "unknown whether RunPod took the job",
            extra={**job.log_fields, "error": repr(error)},
        )
        details.append(
            (job, error.full_text if isinstance(error, ProviderError) else repr(error)),
        )
    lifecycle.store_unknown(details)


def _store_refusal(job: Job, error: KeyRefused | EndpointMissing | JobRefused | NotSent) -> None:
    """Move a job that the provider certainly did not take. Raises Stale."""
    if isinstance(error, JobRefused):
        lifecycle.fail(job, code=error.code, detail=error.full_text, charge=NOT_RUN)
    elif isinstance(error, NotSent):
        _store_not_sent(job, error.cause)
    else:
        current = endpoint_of(job)
        outages.start(job.place, error)
        moved = isinstance(error, EndpointMissing) and job.place != current.place
        until = timezone.now() + (outages.RECHECK_INTERVAL if moved else timedelta())
        for back in lifecycle.put_back([(job, error.full_text)], until=until):
            if moved:
                _follow(back, current)


def _store_not_sent(job: Job, cause: Exception) -> None:
    now = timezone.now()
    if isinstance(cause, sources.SourceMissing):
        lifecycle.fail(job, code="source_missing", detail=repr(cause), charge=NOT_RUN)
    elif isinstance(cause, masks.EmptyMask):
        lifecycle.fail(job, code="empty_mask", detail=repr(cause), charge=NOT_RUN)
    elif isinstance(cause, PayloadError):
        lifecycle.fail(job, code="invalid_input", detail=repr(cause), charge=NOT_RUN)
    elif isinstance(cause, OSError | BotoCoreError):
        lifecycle.put_back([(job, repr(cause))], until=now + SOURCE_PAUSE)
    else:
        log.error("a job could not be prepared", exc_info=cause, extra=job.log_fields)
        lifecycle.put_back([(job, repr(cause))], until=now + failures.ERROR_PAUSE)


def _follow(job: Job, endpoint: Endpoint) -> None:
    """Send a job whose endpoint is gone to the model's new one if that takes the same input."""
    current = job.model.format_source(endpoint)
    placed_with = (job.snapshot["dialect"], job.snapshot.get("request_format"))
    if placed_with == (current.dialect, current.request_format):
        lifecycle.move_to(job, place=endpoint.place)
