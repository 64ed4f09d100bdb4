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

from generation.jobs import clients
from generation.models import Endpoint, ImageModel, Job

SUBMISSION = timedelta(seconds=settings.HTTP_LIMITS["run_seconds"] + 2)  # longest POST /run
HANGING = timedelta(seconds=1)  # age of a POST that hangs
# Added to the longest life of a submission, which begins at the end of the POST at the latest, by
# another clock.
UNKNOWN_MARGIN = SUBMISSION + timedelta(seconds=settings.CLOCK_MARGIN_SECONDS)
MAX_AT_ONCE = 1_000  # jobs in one submission


def post_has_ended(job: Job, *, now: datetime) -> bool:
    """Return whether the POST of a SUBMITTED attempt without a RunPod job has ended."""
    return bool(job.refusals) or (job.submitted_at or now) + SUBMISSION <= now


def gone_at(submitted_at: datetime, *, provider: str) -> datetime:
    """Return when the provider certainly no longer has an attempt of unknown fate."""
    return submitted_at + clients.facts_of(provider).longest_life + UNKNOWN_MARGIN


# `busy` counts the jobs at RunPod, without those that have been of unknown fate for long. After a
# failed submission (`order_of_busy` = -1), the user with the most jobs there is first. Nothing is
# next while a submission of the model runs, and a single job while one POST hangs: if RunPod is
# silent, that one is of unknown fate, too, and not all that come in the meantime.
ORDERED = """
    busy (user_id, jobs) AS (
        SELECT user_id, COUNT(*) FROM generation_job
        WHERE model_id = %(model_id)s AND due_at IS NOT NULL AND status IN ('submitted', 'running')
            AND (runpod_id <> '' OR submitted_at > %(held_since)s)
        GROUP BY user_id
    ),
    waiting (id, user_id, created_at, busy, rank) AS (
        SELECT job.id, job.user_id, job.created_at, COALESCE(busy.jobs, 0),
            ROW_NUMBER() OVER (PARTITION BY job.user_id ORDER BY job.created_at, job.id)
                + COALESCE(busy.jobs, 0)
        FROM generation_job AS job LEFT JOIN busy ON busy.user_id = job.user_id
        WHERE job.model_id = %(model_id)s AND job.status = 'queued' AND job.due_at <= %(now)s
    ),
    ordered (id, number) AS (
        SELECT id, ROW_NUMBER() OVER (
            ORDER BY %(order_of_busy)s * busy, rank, created_at, user_id, id
        ) AS number
        FROM waiting
        ORDER BY number LIMIT (
            SELECT CASE
                WHEN COUNT(*) = 0 THEN NULL
                WHEN COUNT(*) = 1 AND MAX(submitted_at) <= %(hanging_since)s THEN 1
                ELSE 0
            END
            FROM generation_job
            WHERE model_id = %(model_id)s AND due_at IS NOT NULL AND status = 'submitted'
                AND runpod_id = '' AND refusals = 0 AND submitted_at > %(posting_since)s
        )
    )"""
NEXT_JOBS = """{ordered},
    chosen (id) AS (
        SELECT id FROM ordered
        WHERE number <= %(max_in_flight)s - (SELECT COALESCE(SUM(jobs), 0) FROM busy)
            AND number <= %(most)s
    )""".replace("{ordered}", ORDERED)
"""SQL of the jobs to submit, for `WITH` in a statement that runs after the rows of the model and
the endpoint were locked.

They are the due QUEUED jobs that fit into `max_in_flight`, by fair scheduling. After a failed
submission it is a single job: the outcome of this one may stay unknown, too, and then only one user
is affected.
"""


def next_jobs_values(model: ImageModel, *, endpoint: Endpoint, now: datetime) -> dict[str, Any]:
    values = {"max_in_flight": endpoint.max_in_flight, "most": _most(endpoint)}
    return values | _ordered_values(model, endpoint, now)


def _ordered_values(model: ImageModel, endpoint: Endpoint, now: datetime) -> dict[str, Any]:
    return {
        "model_id": model.pk,
        "now": now,
        "held_since": now - held_for(model),
        "posting_since": now - SUBMISSION,
        "hanging_since": now - (SUBMISSION if endpoint.submit_failures else HANGING),
        "order_of_busy": -1 if endpoint.submit_failures else 0,
    }


def _most(endpoint: Endpoint) -> int:
    return 1 if endpoint.submit_failures else MAX_AT_ONCE


@dataclass(frozen=True)
class Candidate:
    """A job that would be submitted, if nothing but `max_in_flight` counted."""

    id: UUID
    user_id: UUID
    usd: Decimal  # expected


CANDIDATES = """
    WITH {ordered}
    SELECT (SELECT COALESCE(SUM(jobs), 0) FROM busy), job.id, job.user_id, job.expected_usd
    FROM ordered JOIN generation_job AS job ON job.id = ordered.id
    WHERE number <= %(most)s ORDER BY number""".replace("{ordered}", ORDERED)


def candidates(model: ImageModel, *, endpoint: Endpoint) -> tuple[int, list[Candidate]]:
    """Return how many jobs the endpoint has room for, and the due jobs in the order of NEXT_JOBS.

    Only the first MAX_AT_ONCE.
    """
    values = {"most": MAX_AT_ONCE} | _ordered_values(model, endpoint, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, values)
        rows = cursor.fetchall()
    if not rows:
        return 0, []
    room = min(endpoint.max_in_flight - int(rows[0][0]), _most(endpoint))
    return room, [
        Candidate(job_id, user_id, usd or Decimal()) for _busy, job_id, user_id, usd in rows
    ]


def held_for(model: ImageModel) -> timedelta:
    """Return how long a job of unknown fate counts as being at RunPod: its typical duration."""
    return max(SUBMISSION, timedelta(seconds=model.typical_seconds))
