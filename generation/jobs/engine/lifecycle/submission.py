"""From the queue to the provider, and back if the provider did not take the job."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Greatest
from django.utils import timezone
from psycopg.types.json import Jsonb

from generation.jobs.budgets import budget_choice, budget_state
from generation.jobs.budgets.budget_choice import ChosenJob
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.parking import park, set_aside
from generation.jobs.engine.lifecycle.transition import (
    Stale,
    change,
    change_one,
    change_one_quietly,
    run,
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
    rows = run(BEGIN_SUBMISSION.replace("{taken}", taken), "submitting", values)
    jobs = [job for job, _noted in rows]
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


def store_accepted(accepted: Sequence[tuple[Job, str]]) -> list[Job]:
    """Store the RunPod id of each attempt and return the jobs that were still waiting for it.

    A job that is missing from the result was canceled meanwhile.
    """
    first_check = timezone.now() + FIRST_CHECK
    rows = [(job, {"runpod_id": id, "due_at": first_check}) for job, id in accepted]
    return change(transitions.ACCEPTED, rows)


def store_unknown(details: Sequence[tuple[Job, str]]) -> None:
    """Store, with a detail each, that it is unknown whether the provider took these jobs.

    `begin_submission` has set when they are due, unless their provider can be asked sooner.
    """
    now = timezone.now()
    rows = []
    for job, detail in details:
        is_asked = job.place.provider in OWN_SERVERS
        rows.append((job, {"detail": detail, "due_at": now + FIRST_ASK if is_asked else None}))
    change(transitions.UNKNOWN, rows, now=now)


def put_back(details: Sequence[tuple[Job, str]], *, until: datetime) -> list[Job]:
    """Put jobs that the provider certainly did not take back into the queue, with a detail each.

    The attempt stays the same.
    """
    # The id is "", except for a call of an image server.
    rows = [
        (job, {"detail": text, "due_at": until, "runpod_id": job.runpod_id})
        for job, text in details
    ]
    return change(transitions.DEFERRED, rows)


def begin_call() -> Job | None:
    """Move the job that has waited longest for an image server to RUNNING, and return it.

    None if there is none. Its call is certainly over when it is due. Two slots never get the same
    job: the row is locked, and skipped.
    """
    waiting = Job.objects.filter(
        status=Status.SUBMITTED,
        runpod_id="",
        due_at__isnull=False,
        snapshot__provider__in=SYNCHRONOUS,
    )
    with transaction.atomic():
        locked = waiting.order_by("submitted_at", "id").select_for_update(skip_locked=True)
        job = next(iter(model_cache.attach(locked[:1])), None)
        if job is None:
            return None
        over_at = timezone.now() + max(map(scheduling.longest_life, SYNCHRONOUS))
        return change_one(
            transitions.CALLED, job, {"runpod_id": f"call-{uuid4()}", "due_at": over_at}
        )


def move_to(job: Job, *, place: Place) -> None:
    """Send a waiting job to another endpoint because its model has a new one. Raises Stale."""
    moved = Jsonb(job.snapshot | place._asdict())
    change_one_quietly(transitions.MOVED, job, {"snapshot": moved})


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
    change_one_quietly(transitions.REJECTED, job, {"due_at": until})


def adopt_candidate(job: Job, *, remote_id: str) -> Job:
    """Make the candidate, or the job of our id, the remote job: the provider has confirmed it.

    Raises Stale, also if it is the provider's job of another attempt or job.
    """
    try:
        with transaction.atomic():
            given = {"runpod_id": remote_id, "candidate_id": job.candidate_id}
            return change_one(transitions.ADOPTED, job, given)
    except IntegrityError as error:  # runpod_job_belongs_to_one_job
        raise Stale from error


def _unknown(job_id: UUID, attempt: int) -> JobQuerySet:
    return Job.objects.filter(id=job_id, attempt=attempt, status=Status.SUBMITTED, runpod_id="")
