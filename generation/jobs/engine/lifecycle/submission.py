"""From the queue to the provider, and back if the provider did not take the job."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Greatest
from django.utils import timezone
from psycopg.types.json import Jsonb

from artgen.http.untrusted import storable
from generation.jobs.budgets import budget_choice, budget_state
from generation.jobs.budgets.budget_choice import ChosenJob
from generation.jobs.engine.lifecycle.parking import park, set_aside
from generation.jobs.engine.lifecycle.transition import (
    HistoryLine,
    Stale,
    change,
    change_seen,
    expect_one,
    held,
    move,
    publish,
    unchanged,
)
from generation.jobs.queue import scheduling
from generation.jobs.queue.scheduling import Openings
from generation.models import Job, JobQuerySet, Place, ProviderName, Status, model_cache
from generation.providers.provider import OWN_SERVERS, SYNCHRONOUS

FIRST_CHECK = timedelta(seconds=2)  # from a submission to its first status check
FIRST_ASK = timedelta(seconds=5)  # from a submission of unknown fate, where it can be asked for


# They become due again only after the provider's ttl, when an accepted job is certainly gone, or at
# their deadline. The deadline runs from the first submission. Those for an image server are due at
# once.
BEGIN_SUBMISSION = """
WITH {taken},
changed AS (
    UPDATE generation_job AS job SET
        status = 'submitted',
        version = job.version + 1,
        endpoint_id = taken.endpoint_id,
        snapshot = CASE WHEN taken.settings IS NULL THEN job.snapshot
            ELSE job.snapshot || taken.settings END,
        expected_usd = COALESCE(taken.usd, job.expected_usd),
        submitted_at = %(now)s,
        deadline_at = COALESCE(job.deadline_at, %(deadline_at)s),
        due_at = LEAST(
            COALESCE(job.deadline_at, %(deadline_at)s), %(now)s + taken.longest_life
        ),
        parked_until = NULL,
        missing_since = NULL,
        candidate_id = '',
        error_code = '',
        unknown_since = NULL
    FROM taken
    WHERE job.status = 'queued' AND job.id = taken.id
    RETURNING job.*, '' AS detail
)"""
# Of the only endpoint. Nothing of the jobs changes: they were placed for it.
PLAIN = """{next_jobs},
taken AS (
    SELECT id, %(endpoint_id)s::bigint AS endpoint_id, NULL::jsonb AS settings,
        NULL::numeric AS usd, %(longest_life)s AS longest_life
    FROM chosen
)"""
CHOSEN = """taken AS (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(endpoint_ids)s::bigint[], %(settings)s::jsonb[], %(usd)s::numeric[],
        %(longest_lives)s::interval[]
    ) AS chosen (id, endpoint_id, settings, usd, longest_life)
)"""


def begin_submission(openings: Openings) -> list[Job]:
    """Move all jobs that fit from QUEUED to SUBMITTED before their POST, and return them.

    Each gets its endpoint. Jobs that a budget does not allow are parked, and those that cost too
    much at every endpoint are set aside.

    Until a reply says otherwise it is unknown whether the provider took them. No event is sent: the
    reply brings one within seconds. The caller has locked the rows of the model and its endpoints,
    and checked that submissions are possible.
    """
    now = timezone.now()
    values: dict[str, object] = {
        "now": now,
        "deadline_at": now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS),
    }
    if openings.is_plain:
        (endpoint,) = openings.open
        taken = PLAIN.replace("{next_jobs}", scheduling.NEXT_JOBS)
        values |= scheduling.next_jobs_values(openings, now=now)
        values |= {
            "endpoint_id": endpoint.pk,
            "longest_life": scheduling.unanswered_for(endpoint.provider),
        }
    else:
        taken, chosen = CHOSEN, _chosen(openings, now)
        if not chosen:
            return []
        values |= _values(openings, chosen)
    jobs = change(BEGIN_SUBMISSION.replace("{taken}", taken), "submitting", values)
    endpoints = {endpoint.pk: endpoint for endpoint in openings.endpoints}
    for job in jobs:
        job.model, job.endpoint = openings.model, endpoints[cast(int, job.endpoint_id)]
    return sorted(jobs, key=lambda job: (job.created_at, job.id))


def _chosen(openings: Openings, now: datetime) -> list[ChosenJob]:
    """Return the next jobs within budgets, limits of jobs at once and price ceilings."""
    states = []
    if openings.is_limited:
        budget_choice.lock()
        states = budget_state.states()
    choice = budget_choice.next_jobs(openings, states)
    if choice.has_refused:
        park(
            openings.model,
            [state for state in states if state.budget.model_id in (None, openings.model.pk)],
        )
        choice = budget_choice.next_jobs(openings, states)  # with those behind them
    if choice.too_dear:
        set_aside(openings.model, choice.too_dear, now=now)
    return choice.chosen


def _values(openings: Openings, chosen: Sequence[ChosenJob]) -> dict[str, object]:
    """Return the values of CHOSEN; `was_chosen` says that there was more than one endpoint."""
    has_choice, chosen_mark = openings.has_choice, {"was_chosen": True}
    return {
        "ids": [job.id for job in chosen],
        "endpoint_ids": [job.endpoint.pk for job in chosen],
        "settings": [
            Jsonb(chosen_mark | (openings.model.settings_at(job.endpoint) if job.is_moved else {}))
            if has_choice
            else None
            for job in chosen
        ],
        "usd": [job.usd if has_choice else None for job in chosen],
        "longest_lives": [scheduling.unanswered_for(job.endpoint.provider) for job in chosen],
    }


# A webhook that was faster than the reply to /run says that the job has ended: it is checked now.
# One that was adopted is being checked already, and stays due as it is.
STORE_ACCEPTED = """
WITH changed AS (
    UPDATE generation_job AS job SET
        version = job.version + 1,
        due_at = CASE WHEN job.candidate_id <> '' THEN %(now)s
            WHEN job.runpod_id = '' THEN %(first_check_at)s ELSE job.due_at END,
        runpod_id = seen.runpod_id,
        candidate_id = '',
        unknown_since = NULL
    FROM unnest(%(ids)s::uuid[], %(statuses)s::text[], %(attempts)s::int[], %(runpod_ids)s::text[])
        AS seen (id, status, attempt, runpod_id)
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
        AND job.runpod_id IN ('', seen.runpod_id)
    RETURNING job.*, job.runpod_id AS detail
)"""


def store_accepted(accepted: Sequence[tuple[Job, str]]) -> list[Job]:
    """Store the RunPod id of each attempt and return the jobs that were still waiting for it.

    A job that is missing from the result was canceled meanwhile.
    """
    now = timezone.now()
    values = {
        "runpod_ids": [runpod_id for _, runpod_id in accepted],
        "now": now,
        "first_check_at": now + FIRST_CHECK,
    }
    return change_seen([job for job, _ in accepted], STORE_ACCEPTED, "submitted", values)


# `unknown_since` says that the POST has ended, so another submission of the model may begin. A
# webhook that was faster makes the job due now.
STORE_UNKNOWN = """
WITH changed AS (
    UPDATE generation_job AS job SET
        due_at = CASE WHEN job.candidate_id <> '' THEN %(now)s
            ELSE LEAST(job.due_at, seen.ask_at) END,
        unknown_since = %(now)s
    FROM unnest(%(ids)s::uuid[], %(statuses)s::text[], %(attempts)s::int[], %(details)s::text[],
        %(ask_at)s::timestamptz[])
        AS seen (id, status, attempt, detail, ask_at)
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
        AND job.runpod_id = ''
    RETURNING job.*, seen.detail
)"""


def store_unknown(details: Sequence[tuple[Job, str]]) -> None:
    """Store, with a detail each, that it is unknown whether the provider took these jobs.

    `begin_submission` has set when they are due, unless their provider can be asked sooner.
    """
    texts = [storable(detail) for _, detail in details]
    now = timezone.now()
    asked = [now + FIRST_ASK if job.place.provider in OWN_SERVERS else None for job, _ in details]
    values = {"details": texts, "now": now, "ask_at": asked}
    change_seen([job for job, _ in details], STORE_UNKNOWN, "unknown", values)


# The deadline runs from the first submission that the provider may have taken. It did not take this
# one.
PUT_BACK = """
WITH changed AS (
    UPDATE generation_job AS job SET
        status = 'queued',
        version = job.version + 1,
        due_at = %(until)s,
        deadline_at = CASE WHEN job.attempt = 1 THEN NULL ELSE job.deadline_at END,
        submitted_at = NULL,
        started_at = NULL,
        runpod_id = '',
        candidate_id = '',
        refusals = LEAST(job.refusals + 1, 1000)
    FROM unnest(
        %(ids)s::uuid[], %(statuses)s::text[], %(attempts)s::int[], %(details)s::text[],
        %(runpod_ids)s::text[]
    ) AS seen (id, status, attempt, detail, runpod_id)
    WHERE job.id = seen.id AND job.status = seen.status AND job.attempt = seen.attempt
        AND job.runpod_id = seen.runpod_id
    RETURNING job.*, seen.detail
)"""


def put_back(details: Sequence[tuple[Job, str]], *, until: datetime) -> list[Job]:
    """Put jobs that the provider certainly did not take back into the queue, with a detail each.

    The attempt stays the same.
    """
    texts = [storable(detail) for _, detail in details]
    jobs = [job for job, _ in details]
    values = {
        "details": texts,
        "runpod_ids": [job.runpod_id for job in jobs],  # "", except for a call of an image server
        "now": timezone.now(),
        "until": until,
    }
    return change_seen(jobs, PUT_BACK, "deferred", values)


# Two slots never get the same job: the row is locked, and skipped. The call's id says that it was
# begun; providers do not see it.
BEGIN_CALL = """
WITH chosen AS (
    SELECT id FROM generation_job
    WHERE status = 'submitted' AND runpod_id = '' AND due_at IS NOT NULL
        AND snapshot ->> 'provider' = ANY(%(providers)s)
    ORDER BY submitted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
),
changed AS (
    UPDATE generation_job AS job SET
        status = 'running',
        version = job.version + 1,
        runpod_id = %(call_id)s,
        submitted_at = %(now)s,
        started_at = %(now)s,
        due_at = %(now)s + %(longest_life)s
    FROM chosen WHERE job.id = chosen.id
    RETURNING job.*, '' AS detail
)"""


def begin_call() -> Job | None:
    """Move the job that has waited longest for an image server to RUNNING, and return it.

    None if there is none. Its call is certainly over when it is due.
    """
    values = {
        "providers": list(SYNCHRONOUS),
        "call_id": f"call-{uuid4()}",
        "now": timezone.now(),
        "longest_life": max(map(scheduling.longest_life, SYNCHRONOUS)),
    }
    with transaction.atomic():
        jobs = list(model_cache.attach(change(BEGIN_CALL, "running", values)))
        publish(jobs)
    return jobs[0] if jobs else None


def move_to(job: Job, *, place: Place) -> None:
    """Send a waiting job to another endpoint because its model has a new one. Raises Stale."""
    expect_one(unchanged(job).update(snapshot=job.snapshot | place._asdict()))


# --- attempts of unknown fate ---------------------------------------------------------------------
def provider_of_unknown(job_id: UUID, *, attempt: int) -> str | None:
    """Return where this attempt is if it is SUBMITTED and its remote job is not known."""
    row = _unknown(job_id, attempt).values_list("snapshot__provider").first()
    return None if row is None else row[0] or ProviderName.RUNPOD


def store_candidate(job_id: UUID, *, attempt: int, runpod_id: str) -> bool:
    """Store the provider's job that a webhook named for an attempt of unknown fate.

    It is checked once the POST /run has ended, because its reply is the better source. Returns
    False if the attempt is not of unknown fate.
    """
    now = timezone.now()
    return bool(
        _unknown(job_id, attempt).update(
            candidate_id=runpod_id,
            due_at=Case(
                When(
                    unknown_since=None,
                    then=Greatest(now, F("submitted_at") + scheduling.SUBMISSION),
                ),
                default=now,
            ),
        )
    )


def reject_candidate(job: Job, *, until: datetime) -> None:
    """Clear a candidate that is unknown there or belongs to another job. Raises Stale."""
    expect_one(held(job).filter(runpod_id="").update(candidate_id="", due_at=until))


def adopt_candidate(job: Job, *, remote_id: str) -> Job:
    """Make the candidate, or the job of our id, the remote job: the provider has confirmed it.

    Raises Stale, also if it is the provider's job of another attempt or job.
    """
    now = timezone.now()
    try:
        return move(
            job,
            Status.SUBMITTED,
            HistoryLine("adopted", now, remote_id),
            guard=Q(runpod_id="", candidate_id=job.candidate_id),
            runpod_id=remote_id,
            candidate_id="",
            due_at=now,
        )
    except IntegrityError as error:  # runpod_job_belongs_to_one_job
        raise Stale from error


def _unknown(job_id: UUID, attempt: int) -> JobQuerySet:
    return Job.objects.filter(id=job_id, attempt=attempt, status=Status.SUBMITTED, runpod_id="")
