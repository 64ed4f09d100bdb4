"""From the queue to RunPod, and back if RunPod did not take the job."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Greatest
from django.utils import timezone

from generation.jobs.budgets import budget_choice, budget_state
from generation.jobs.engine.lifecycle.parking import park
from generation.jobs.engine.lifecycle.transition import (
    Stale,
    attach_models,
    expect_one,
    history_of,
    move,
    publish,
    unchanged,
)
from generation.jobs.queue import scheduling
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import ImageModel, Job, JobQuerySet, Status

FIRST_CHECK = timedelta(seconds=2)  # from a submission to its first status check


def begin_submission(model: ImageModel, *, is_limited: bool = False) -> list[Job]:
    """Move all jobs that fit from QUEUED to SUBMITTED before their POST, and return them.

    `is_limited`: there are budgets, or limits of jobs at once. Jobs that a budget does not allow
    are parked.

    Until a reply says otherwise it is unknown whether RunPod took them. So they become due again
    only after RunPod's ttl, when an accepted job is certainly gone, or at their deadline. No event
    is sent: the reply brings one within seconds. The caller has locked the model's row and checked
    that submissions are possible.
    """
    now = timezone.now()
    gone_at = scheduling.gone_at(now)
    deadline_at = now + timedelta(seconds=settings.JOB_DEADLINE_SECONDS)
    chosen, parameters = _limited(model) if is_limited else scheduling.next_jobs(model, now=now)
    if not chosen:
        return []
    with transaction.atomic():
        jobs = bulk_update.update(
            "status = 'submitted', version = version + 1, submitted_at = %s, "
            "missing_since = NULL, candidate_id = '', refusals = 0, parked_until = NULL, "
            "deadline_at = COALESCE(deadline_at, %s), "
            "due_at = CASE WHEN deadline_at IS NULL THEN %s "
            "WHEN deadline_at < %s THEN deadline_at ELSE %s END",
            [*parameters, now, deadline_at, min(gone_at, deadline_at), gone_at, gone_at],
            given=chosen,
            where="WHERE status = 'queued' AND id IN (SELECT id FROM chosen)",
            history=History("submitting", now),
        )
        for job in jobs:
            job.model = model
        jobs.sort(key=lambda job: (job.created_at, job.id))
    return jobs


def _limited(model: ImageModel) -> tuple[str, list[Any]]:
    """Return what `scheduling.next_jobs` does, within budgets and limits; "" for no job."""
    budget_choice.lock()
    states = budget_state.states()
    choice = budget_choice.next_jobs(model, states)
    if choice.has_refused:
        park(model, [one for one in states if one.budget.model_id in (None, model.pk)])
        choice = budget_choice.next_jobs(model, states)  # with those behind them
    if not choice.ids:
        return "", []
    return "chosen (id) AS (SELECT id FROM generation_job WHERE id = ANY(%s))", [choice.ids]


def store_accepted(accepted: Sequence[tuple[Job, str]]) -> list[Job]:
    """Store the RunPod id of each attempt and return the jobs that were still waiting for it.

    A job that is missing from the result was canceled meanwhile.
    """
    now = timezone.now()
    changes: list[bulk_update.Change] = [
        (job, {"runpod_id": runpod_id}) for job, runpod_id in accepted
    ]
    with transaction.atomic():
        moved = bulk_update.update_each(
            changes,
            fields=["runpod_id"],
            same={"refusals": 0, "candidate_id": ""},
            expressions={
                "version": ("version + 1",),
                # If its webhook was faster than the reply, the job has ended: check it now.
                "due_at": (
                    "CASE WHEN candidate_id <> '' THEN %s ELSE %s END",
                    now,
                    now + FIRST_CHECK,
                ),
            },
            guard="runpod_id IN ('', v_runpod_id)",
            history=History("submitted", now, {job.id: runpod_id for job, runpod_id in accepted}),
        )
        attach_models(moved, accepted)
        publish(moved)
    return moved


def store_unknown(jobs: Sequence[tuple[Job, str]]) -> None:
    """Record, with a detail each, that it is unknown whether RunPod took these jobs.

    `begin_submission` has set when they are due; a webhook that was faster makes them due now.
    `refusals` = 1 says that the POST has ended, so another submission of the model may begin.
    """
    now = timezone.now()
    with transaction.atomic():
        moved = bulk_update.update_each(
            [(job, {}) for job, _ in jobs],
            fields=[],
            same={"refusals": 1},
            expressions={"due_at": ("CASE WHEN candidate_id <> '' THEN %s ELSE due_at END", now)},
            guard="runpod_id = ''",
            history=history_of("unknown", now, jobs),
        )
        attach_models(moved, jobs)
        publish(moved)


def put_back(jobs: Sequence[tuple[Job, str]], *, until: datetime) -> list[Job]:
    """Put jobs that RunPod certainly did not take back into the queue, with a detail each.

    The attempt stays the same.
    """
    now = timezone.now()
    with transaction.atomic():
        moved = bulk_update.update_each(
            [(job, {}) for job, _ in jobs],
            fields=[],
            same={
                "status": Status.QUEUED,
                "due_at": until,
                "submitted_at": None,
                "candidate_id": "",
            },
            expressions={
                "version": ("version + 1",),
                "refusals": ("CASE WHEN refusals < 1000 THEN refusals + 1 ELSE refusals END",),
                # The deadline runs from the first submission that RunPod may have taken. It did
                # not take this one.
                "deadline_at": ("CASE WHEN attempt = 1 THEN NULL ELSE deadline_at END",),
            },
            guard="runpod_id = ''",
            history=history_of("deferred", now, jobs),
        )
        attach_models(moved, jobs)
        publish(moved)
    return moved


def move_to_endpoint(job: Job, *, endpoint_id: str) -> None:
    """Send a waiting job to another endpoint because its model has a new one. Raises Stale."""
    expect_one(unchanged(job).update(snapshot={**job.snapshot, "endpoint_id": endpoint_id}))


# --- attempts of unknown fate ---------------------------------------------------------------------
def is_unknown(job_id: UUID, *, attempt: int) -> bool:
    """Return whether this attempt is SUBMITTED and its RunPod job is not known."""
    return _unknown(job_id, attempt).exists()


def store_candidate(job_id: UUID, *, attempt: int, runpod_id: str) -> bool:
    """Store the RunPod job that a webhook named for an attempt of unknown fate.

    It is checked once the POST /run has ended, because its reply is the better source. Returns
    False if the attempt is not of unknown fate.
    """
    now = timezone.now()
    return bool(
        _unknown(job_id, attempt).update(
            candidate_id=runpod_id,
            due_at=Case(
                When(refusals=0, then=Greatest(now, F("submitted_at") + scheduling.SUBMISSION)),
                default=now,
            ),
        )
    )


def reject_candidate(job: Job, *, until: datetime) -> None:
    """Clear a candidate that RunPod does not know or that belongs to another job. Raises Stale."""
    expect_one(unchanged(job).filter(runpod_id="").update(candidate_id="", due_at=until))


def adopt_candidate(job: Job) -> Job:
    """Make the candidate, which RunPod has confirmed, the RunPod job of this attempt.

    Raises Stale, also if it is the RunPod job of another attempt or job.
    """
    now = timezone.now()
    try:
        return move(
            job,
            Status.SUBMITTED,
            event="adopted",
            at=now,
            detail=job.candidate_id,
            guard=Q(runpod_id="", candidate_id=job.candidate_id),
            runpod_id=job.candidate_id,
            candidate_id="",
            due_at=now,
        )
    except IntegrityError as error:  # runpod_job_belongs_to_one_job
        raise Stale from error


def _unknown(job_id: UUID, attempt: int) -> JobQuerySet:
    return Job.objects.filter(id=job_id, attempt=attempt, status=Status.SUBMITTED, runpod_id="")
