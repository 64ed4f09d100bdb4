"""Fair scheduling: the next job of a model is from the user with the fewest jobs at the provider.

Of one user's jobs, and of users with equally many, the oldest goes first. Background jobs go last:
one at a time, while the provider has no other job of the model.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from generation.jobs import clients
from generation.models import Endpoint, ImageModel, Job, Place
from generation.providers.provider import OWN_SERVERS, SYNCHRONOUS

SUBMISSION = timedelta(seconds=settings.HTTP_LIMITS["run_seconds"] + 2)  # longest POST /run
HANGING = timedelta(seconds=1)  # age of a POST that hangs
# Added to the longest life of a submission, which begins at the end of the POST at the latest, by
# another clock.
UNKNOWN_MARGIN = SUBMISSION + timedelta(seconds=settings.CLOCK_MARGIN_SECONDS)
MAX_AT_ONCE = 1_000  # jobs in one submission


def post_has_ended(job: Job, *, now: datetime) -> bool:
    """Return whether the POST of a SUBMITTED attempt without a provider's job has ended."""
    return job.unknown_since is not None or (job.submitted_at or now) + SUBMISSION <= now


def is_waiting(model_id: int) -> bool:
    """Return whether a QUEUED job of the model is due."""
    return Job.objects.queued().filter(model=model_id, due_at__lte=timezone.now()).exists()


def gone_at(submitted_at: datetime, *, provider: str) -> datetime:
    """Return when the provider certainly no longer has an attempt of unknown fate."""
    return submitted_at + longest_life(provider)


def longest_life(provider: str) -> timedelta:
    """Return how long after a submission it is certainly over."""
    margin = SUBMISSION if provider in OWN_SERVERS else UNKNOWN_MARGIN  # asked, by no clock
    return clients.longest_life(provider) + margin


def unanswered_for(provider: str) -> timedelta:
    """Return after which time a submission without an answer is due.

    Jobs of a synchronous provider are not submitted yet: they wait for a thread.
    """
    return timedelta() if provider in SYNCHRONOUS else longest_life(provider)


IS_POSTING = """status = 'submitted' AND runpod_id = '' AND unknown_since IS NULL
            AND submitted_at > %(posting_since)s"""
ORDER = ("rank", "at", "user_id", "id")
"""What decides which waiting job of a model goes first, as columns of LINE's `waiting`."""
BACKGROUND = 1_000_000_000
"""The least `rank` of a background job."""
LINE = """
    at_provider (model_id, user_id, status, submitted_at) AS (
        SELECT model_id, user_id, status, submitted_at
        FROM generation_job JOIN generation_imagemodel AS model ON model.id = model_id
        WHERE model_id IN ({models}) AND due_at IS NOT NULL
            AND status IN ('submitted', 'running') AND {is_held}
    ),
    busy (model_id, user_id, jobs) AS (
        SELECT model_id, user_id, COUNT(*) FROM at_provider GROUP BY model_id, user_id
    ),
    waiting (model_id, user_id, id, at, own, rank) AS (
        SELECT model_id, user_id, id, created_at, own, own + 1 + COALESCE(jobs, 0)
            + CASE WHEN background THEN {background} ELSE 0 END
        FROM (
            SELECT model_id, user_id, id, created_at, background, ROW_NUMBER() OVER (
                PARTITION BY model_id, user_id, background ORDER BY created_at, id
            ) - 1 AS own
            FROM generation_job
            WHERE model_id IN ({models}) AND status = 'queued' AND due_at <= {now}
        ) AS due LEFT JOIN busy USING (model_id, user_id)
    )"""
"""SQL, for `WITH`, of the line of each of some models: for what is submitted and what is shown.

`own`: how many jobs of the same user go before, of those as urgent. `rank`: how many jobs the user
has at the provider once this one is there, and BACKGROUND more of a background job.
"""
# A job of unknown fate has its place there for its model's typical duration.
IS_HELD = """(
    status = 'running' OR runpod_id <> ''
    OR submitted_at > {now} - GREATEST({submission}, make_interval(secs => typical_seconds))
)""".replace("{submission}", f"make_interval(secs => {SUBMISSION.total_seconds()})")


def line(*, models: str, now: str) -> str:
    """Return LINE of the models with these ids; both are SQL."""
    statement = LINE.replace("{is_held}", IS_HELD)
    return statement.format(models=models, now=now, background=BACKGROUND)


# After a failed submission (`order_of_busy` = -1), the user with the most jobs there is first.
ORDERED = """{line},
    ordered (id, number, background) AS (
        SELECT id, ROW_NUMBER() OVER (
            ORDER BY %(order_of_busy)s * (rank - own), {order}
        ) AS number, rank >= {background}
        FROM waiting
        WHERE rank < {background} OR NOT EXISTS (
            SELECT FROM busy UNION ALL SELECT FROM waiting WHERE rank < {background}
        )
        ORDER BY number
    )""".replace("{line}", line(models="%(model_id)s", now="%(now)s"))
ORDERED = ORDERED.replace("{order}", ", ".join(ORDER)).replace("{background}", str(BACKGROUND))
# Nothing is next while a submission of the model runs, and a single job while one POST hangs: if
# the provider is silent, that one is of unknown fate, too, and not all that come in the meantime.
NEXT_JOBS = """{ordered},
    chosen (id) AS (
        SELECT id FROM ordered
        WHERE number <= %(max_in_flight)s - (SELECT COALESCE(SUM(jobs), 0) FROM busy)
            AND number <= %(most)s
            AND (number = 1 OR NOT background)
            AND number <= (
                SELECT CASE
                    WHEN COUNT(*) = 0 THEN %(most)s
                    WHEN COUNT(*) = 1 AND MAX(submitted_at) <= %(hanging_since)s THEN 1
                    ELSE 0
                END
                FROM generation_job
                WHERE model_id = %(model_id)s AND due_at IS NOT NULL AND {is_posting}
            )
    )""".replace("{ordered}", ORDERED).replace("{is_posting}", IS_POSTING)
"""SQL of the jobs to submit, for `WITH` in a statement that runs after the rows of the model and
the endpoint were locked.

They are the due QUEUED jobs that fit into `max_in_flight`, by fair scheduling. After a failed
submission it is a single job: the outcome of this one may stay unknown, too, and then only one user
is affected.
"""


@dataclass(frozen=True)
class Openings:
    """A model whose rows were locked, and its endpoints in the order of preference.

    A disabled one is among them if a trial waits for it.
    """

    model: ImageModel
    endpoints: Sequence[Endpoint]
    closed: frozenset[int] = frozenset()
    """Of these, the endpoints that an outage blocks or that are paused."""
    tried: frozenset[int] = frozenset()
    """Those that get a single job, whose reply tells whether an outage is over."""
    has_choice: bool = False
    """Whether there is more than one endpoint, or a disabled one."""
    is_limited: bool = False
    """Whether budgets or limits of jobs at once apply."""

    @property
    def open(self) -> list[Endpoint]:
        return [endpoint for endpoint in self.endpoints if endpoint.pk not in self.closed]

    def most(self, endpoint: Endpoint) -> int:
        """Return how many jobs the endpoint may get in one submission."""
        return 1 if endpoint.submit_failures or endpoint.pk in self.tried else MAX_AT_ONCE

    @property
    def is_plain(self) -> bool:
        """Whether `NEXT_JOBS` decides alone: which job is next is all that there is to choose."""
        return not (self.has_choice or self.is_limited or self.model.max_usd is not None)


def next_jobs_values(openings: Openings, *, now: datetime) -> dict[str, Any]:
    (endpoint,) = openings.open
    values = {"max_in_flight": _limit(endpoint), "most": openings.most(endpoint)}
    return values | _ordered_values(openings, now)


def _ordered_values(openings: Openings, now: datetime) -> dict[str, Any]:
    has_failed = all(endpoint.submit_failures for endpoint in openings.open)
    return {
        "model_id": openings.model.pk,
        "now": now,
        "posting_since": now - SUBMISSION,
        "hanging_since": now - (SUBMISSION if has_failed else HANGING),
        "order_of_busy": -1 if has_failed else 0,
    }


def _limit(endpoint: Endpoint) -> int:
    """Return how many jobs may be there. A synchronous provider accepts one by its image."""
    is_probed = endpoint.submit_failures and endpoint.provider in SYNCHRONOUS
    return 1 if is_probed else endpoint.max_in_flight


@dataclass(frozen=True)
class Candidate:
    """A job that would be submitted, if there was room and money for all."""

    id: UUID
    user_id: UUID
    usd: Decimal  # expected
    pixels: int
    hold: Decimal | None  # what its credits are worth in dollars; None for trials
    place: Place | None = None  # whose settings its snapshot has
    wanted: int | None = None  # the endpoint that made what it repeats exactly, or that it tries
    background: bool = False
    waited: float = 0  # seconds

    @property
    def tries(self) -> int | None:
        """The endpoint that a trial is for: this one or none."""
        return self.wanted if self.hold is None else None


# `loads` has for each endpoint what NEXT_JOBS asks of the only one. A row without an endpoint was
# submitted by an earlier version.
CANDIDATES = """
    WITH {ordered},
    loads AS (
        SELECT COALESCE(job.endpoint_id, %(first_id)s) AS endpoint_id,
            COUNT(*) FILTER (WHERE {is_held}) AS jobs,
            COUNT(*) FILTER (WHERE {is_posting}) AS posting,
            EXTRACT(EPOCH FROM %(now)s - MAX(submitted_at) FILTER (WHERE {is_posting})) AS hangs
        FROM generation_job AS job JOIN generation_imagemodel AS model ON model.id = model_id
        WHERE model_id = %(model_id)s AND due_at IS NOT NULL AND status IN ('submitted', 'running')
        GROUP BY 1
    )
    SELECT (SELECT jsonb_agg(to_jsonb(loads)) FROM loads)::text, job.id, job.user_id,
        COALESCE(job.expected_usd, 0), job.width * job.height,
        CASE WHEN NOT job.is_trial THEN job.credits END,
        COALESCE(job.snapshot ->> 'provider', 'runpod'), job.snapshot ->> 'endpoint_id',
        CASE WHEN %(has_choice)s THEN (job.snapshot ->> 'wanted_endpoint')::bigint END,
        ordered.background, EXTRACT(EPOCH FROM %(now)s - job.created_at)::float
    FROM ordered JOIN generation_job AS job ON job.id = ordered.id
    WHERE number <= %(most)s ORDER BY number""".replace("{ordered}", ORDERED)
CANDIDATES = CANDIDATES.replace("{is_posting}", IS_POSTING).replace(
    "{is_held}", IS_HELD.replace("{now}", "%(now)s")
)


@dataclass(frozen=True)
class Load:
    """What an endpoint has."""

    jobs: int = 0
    posting: int = 0  # POSTs under way
    hangs: float | None = None  # seconds since the last of these began

    def room(self, endpoint: Endpoint, *, most: int) -> int:
        """Return how many more jobs the endpoint may get now, at most `most`.

        None while a submission runs there, and one while a single POST hangs, as NEXT_JOBS.
        """
        room = min(_limit(endpoint) - self.jobs, most)
        if not self.posting:
            return room
        limit = (SUBMISSION if endpoint.submit_failures else HANGING).total_seconds()
        is_hanging = self.posting == 1 and (self.hangs or 0) >= limit
        return min(room, 1) if is_hanging else 0


def candidates(openings: Openings) -> tuple[dict[int, Load], list[Candidate]]:
    """Return the loads of the endpoints, and the due jobs in the order of NEXT_JOBS.

    Only the first MAX_AT_ONCE. No loads without jobs.
    """
    values = _ordered_values(openings, timezone.now()) | {
        "most": MAX_AT_ONCE,
        "first_id": openings.endpoints[0].pk,
        "has_choice": openings.has_choice,
    }
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, values)
        rows = cursor.fetchall()
    loads = {
        load["endpoint_id"]: Load(load["jobs"], load["posting"], load["hangs"])
        for load in json.loads((rows[0][0] if rows else None) or "[]")
    }
    return loads, [
        Candidate(
            *(job_id, user_id, usd, pixels),
            None if credits is None else credits * settings.CREDIT_USD,
            Place(provider, endpoint_id),
            *further,
        )
        for _, job_id, user_id, usd, pixels, credits, provider, endpoint_id, *further in rows
    ]
