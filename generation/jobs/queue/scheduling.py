"""Fair scheduling: the next job of a model is from the user with the fewest jobs at RunPod.

Of one user's jobs, and of users with equally many, the oldest goes first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from generation.models import ImageModel, Job

SUBMISSION = timedelta(seconds=settings.HTTP_LIMITS["run_seconds"] + 2)  # longest POST /run
# Added to RunPod's ttl, which begins at the end of the POST at the latest, by another clock.
UNKNOWN_MARGIN = SUBMISSION + timedelta(seconds=settings.CLOCK_MARGIN_SECONDS)
MAX_AT_ONCE = 1_000  # jobs in one submission


def post_has_ended(job: Job, *, now: datetime) -> bool:
    """Return whether the POST of a SUBMITTED attempt without a RunPod job has ended."""
    return bool(job.refusals) or (job.submitted_at or now) + SUBMISSION <= now


def gone_at(submitted_at: datetime) -> datetime:
    """Return when RunPod certainly no longer has an attempt of unknown fate."""
    return submitted_at + timedelta(seconds=settings.RUNPOD_TTL_SECONDS) + UNKNOWN_MARGIN


def next_jobs(model: ImageModel, *, now: datetime) -> tuple[str, list[Any]]:
    """Return SQL of a common table expression `chosen (id)`, the jobs to submit, and parameters.

    They are the due QUEUED jobs that fit into `max_in_flight`, by fair scheduling; none while a
    submission of the model runs. After a failed submission it is a single job, of the user with the
    most jobs at RunPod: the outcome of this one may stay unknown, too, and then only one user is
    affected. Use it in a statement that runs after the model's row was locked.
    """
    return CHOSEN, [*_ordering(model, now), model.max_in_flight, _most(model)]


def _ordering(model: ImageModel, now: datetime) -> list[Any]:
    return [
        model.pk,
        now - held_for(model),
        model.pk,
        now,
        -1 if model.submit_failures else 0,
        model.pk,
        now - SUBMISSION,
    ]


def _most(model: ImageModel) -> int:
    """Return how many jobs one submission may have."""
    return 1 if model.submit_failures else MAX_AT_ONCE


@dataclass(frozen=True)
class Candidate:
    """A job that would be submitted, if nothing but `max_in_flight` counted."""

    id: UUID
    user_id: UUID
    usd: Decimal  # expected


def candidates(model: ImageModel) -> tuple[int, list[Candidate]]:
    """Return how many jobs the model has room for, and the due jobs in the order of `next_jobs`.

    Only the first MAX_AT_ONCE.
    """
    statement = f"""
        WITH {ORDERED}
        SELECT (SELECT COALESCE(SUM(jobs), 0) FROM busy), job.id, job.user_id, job.expected_usd
        FROM ordered JOIN generation_job AS job ON job.id = ordered.id
        WHERE number <= %s ORDER BY number"""  # noqa: S608 no input
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_ordering(model, timezone.now()), MAX_AT_ONCE])
        rows = cursor.fetchall()
    if not rows:
        return 0, []
    room = min(model.max_in_flight - int(rows[0][0]), _most(model))
    return room, [
        Candidate(job_id, user_id, usd or Decimal()) for _busy, job_id, user_id, usd in rows
    ]


def held_for(model: ImageModel) -> timedelta:
    """Return how long a job of unknown fate counts as being at RunPod: its typical duration."""
    return max(SUBMISSION, timedelta(seconds=model.typical_seconds))


# "busy" counts the jobs at RunPod, without those that have been of unknown fate for long.
# Parameters: see `_ordering`.
ORDERED = """
    busy (user_id, jobs) AS (
        SELECT user_id, COUNT(*) FROM generation_job
        WHERE model_id = %s AND due_at IS NOT NULL AND status IN ('submitted', 'running')
            AND (runpod_id <> '' OR submitted_at > %s)
        GROUP BY user_id
    ),
    waiting (id, user_id, created_at, busy, rank) AS (
        SELECT job.id, job.user_id, job.created_at, COALESCE(busy.jobs, 0),
            ROW_NUMBER() OVER (PARTITION BY job.user_id ORDER BY job.created_at, job.id)
                + COALESCE(busy.jobs, 0)
        FROM generation_job AS job LEFT JOIN busy ON busy.user_id = job.user_id
        WHERE job.model_id = %s AND job.status = 'queued' AND job.due_at <= %s
    ),
    ordered (id, number) AS (
        SELECT id, ROW_NUMBER() OVER (ORDER BY %s * busy, rank, created_at, user_id, id)
        FROM waiting
        WHERE NOT EXISTS (
            SELECT 1 FROM generation_job
            WHERE model_id = %s AND due_at IS NOT NULL AND status = 'submitted'
                AND runpod_id = '' AND refusals = 0 AND submitted_at > %s
        )
    )
"""
CHOSEN = f"""{ORDERED},
    chosen (id) AS (
        SELECT id FROM ordered
        WHERE number <= %s - (SELECT COALESCE(SUM(jobs), 0) FROM busy) AND number <= %s
    )
"""  # noqa: S608 no input
