"""The queue of each model: the positions of waiting jobs, and what is at the provider."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.limits import quotas
from generation.jobs.queue import scheduling
from generation.jobs.queue.queue_positions import Positions, QueuePosition
from generation.models import Status
from generation.models.outages import BLOCKS_ENDPOINT

QUEUE_SECONDS = 2  # how long a model's queue is cached
WARM_FOR = timedelta(seconds=60)
MAX_QUEUED_PER_MODEL = 5_000  # jobs read for positions, on average


class UserLimit(NamedTuple):
    """A user's limit of jobs at once, and the user's jobs of all models."""

    at_once: int
    queued: int = 0
    at_provider: int = 0


@dataclass(frozen=True)
class ModelQueue:
    """The jobs that go before a new job of a model."""

    running: int
    sent_at: "array[float]"  # of the SUBMITTED jobs, seconds since the epoch, ascending
    warm: bool  # a worker was active within WARM_FOR, so the next job has no cold start
    max_in_flight: int  # at its endpoints that no outage blocks: those that take jobs now, if any
    blocked: bool  # outages block all of them
    positions: Positions  # of QUEUED jobs
    users: Mapping[UUID, tuple[int, int]]  # how many each has queued, and at the provider
    limits: Mapping[UUID, UserLimit] = field(default_factory=dict)
    """Of the users with a limit of jobs at once, those with jobs of any model."""
    has_limits: bool = False  # whether any user may have a limit of jobs at once
    is_rejected: bool = False  # all endpoints have rejected its last submissions

    @property
    def at_provider(self) -> int:
        return self.running + len(self.sent_at)

    def has(self, job_id: UUID) -> bool:
        """Return whether it has this job; True also for a queue too long to read all of it."""
        return job_id in self.positions or len(self.positions) >= MAX_QUEUED_PER_MODEL

    def sent_before(self, moment: float) -> int:
        """Return how many SUBMITTED jobs were submitted before."""
        return bisect_left(self.sent_at, moment)

    def position_of_next(self, user_id: UUID | None, *, number: int = 1) -> QueuePosition:
        """Return the position of the `number`-th job that this user would create now.

        Without a user: of one who has no other job.
        """
        own, busy = self.users.get(user_id, (0, 0)) if user_id else (0, 0)
        return self.positions.of_new(own=own, busy=busy, number=number)


def cache_key(model_id: int) -> str:
    return f"jobs.model_queues:9:{model_id}"


def current(model_ids: Collection[int]) -> dict[int, ModelQueue]:
    """Return the current queues of these models, in one query."""
    return from_rows(_rows(model_ids), model_ids=model_ids)


class QueueRow(NamedTuple):
    """A queued job, a submitted job, running jobs of a user, or a fact about a model."""

    kind: str  # a status, "warm", "room", "rejected", "limit" or "limits": some user may have one
    model_id: int  # None where not applicable, as the next three
    user_id: UUID
    id: UUID
    at: Any  # of a queued job: created; of a submitted one: submitted
    jobs: int = 0
    own: int = 0  # of a queued job, as in `scheduling.LINE`
    rank: int = 0
    limit: UserLimit | None = None


def from_rows(rows: Iterable[QueueRow], *, model_ids: Collection[int]) -> dict[int, ModelQueue]:
    """Return the queues of these models; positions as if no job at the provider ended meanwhile."""
    waiting: dict[int, list[QueueRow]] = {model_id: [] for model_id in model_ids}
    busy: dict[int, Counter[UUID]] = {model_id: Counter() for model_id in model_ids}
    sent: dict[int, list[float]] = {model_id: [] for model_id in model_ids}
    warm, rejected = set[int](), set[int]()
    running = Counter[int]()
    room: dict[int, int] = {}
    limits: dict[UUID, UserLimit] = {}
    has_limits = False
    for row in rows:
        match row.kind:
            case "limit":
                limits[row.user_id] = cast(UserLimit, row.limit)
            case "limits":
                has_limits = True
            case Status.QUEUED:
                waiting[row.model_id].append(row)
            case "warm":
                warm.add(row.model_id)
            case "room":
                room[row.model_id] = row.jobs
            case "rejected":
                rejected.add(row.model_id)
            case Status.SUBMITTED:
                busy[row.model_id][row.user_id] += 1
                sent[row.model_id].append(row.at.timestamp())
            case _:
                busy[row.model_id][row.user_id] += row.jobs
                running[row.model_id] += row.jobs
                warm.add(row.model_id)
    queues = {}
    for model_id in model_ids:
        queued = Counter(
            row.user_id for row in waiting[model_id] if row.rank < scheduling.BACKGROUND
        )
        line = sorted(waiting[model_id], key=attrgetter(*scheduling.ORDER))
        queues[model_id] = ModelQueue(
            running=running[model_id],
            sent_at=array("d", sorted(sent[model_id])),
            warm=model_id in warm,
            max_in_flight=room.get(model_id, 0),
            blocked=model_id not in room,
            positions=Positions(
                [row.id for row in line], [row.own for row in line], [row.rank for row in line]
            ),
            users={
                user_id: (queued[user_id], busy[model_id][user_id])
                for user_id in queued.keys() | busy[model_id].keys()
            },
            limits=limits,
            has_limits=has_limits,
            is_rejected=model_id in rejected,
        )
    return queues


def has_limits() -> str:
    """Return the SQL condition that some user has a limit of jobs at once."""
    if settings.MAX_JOBS_AT_ONCE_PER_USER is not None:
        return "TRUE"
    return (
        "(EXISTS (SELECT 1 FROM accounts_user WHERE max_jobs_at_once IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM accounts_groupquota WHERE max_jobs_at_once IS NOT NULL))"
    )


QUEUES = """
    WITH {line}
    (
        SELECT 'queued', model_id, user_id, id, at, 0, own, rank, NULL FROM waiting
        ORDER BY {order} LIMIT %(most)s
    )
    UNION ALL
    SELECT status, model_id, user_id, NULL, submitted_at, 1, 0, 0, NULL FROM at_provider
    WHERE status = 'submitted'
    UNION ALL
    SELECT status, model_id, user_id, NULL, NULL, COUNT(*), 0, 0, NULL FROM at_provider
    WHERE status = 'running' GROUP BY status, model_id, user_id
    UNION ALL
    SELECT 'warm', id, NULL, NULL, NULL, 0, 0, 0, NULL FROM generation_imagemodel AS model
    WHERE id IN ({models}) AND (
        SELECT MAX(finished_at) FROM generation_job
        WHERE status = 'succeeded' AND model_id = model.id
    ) >= %(warm_since)s
    UNION ALL
    SELECT 'room', model_id, NULL, NULL, NULL, COALESCE(
        SUM(max_in_flight) FILTER (WHERE submit_after IS NULL OR submit_after <= %(now)s),
        SUM(max_in_flight)
    ), 0, 0, NULL
    FROM generation_endpoint AS endpoint
    WHERE model_id IN ({models}) AND enabled AND NOT {blocks_endpoint} GROUP BY model_id
    UNION ALL
    SELECT 'rejected', model_id, NULL, NULL, NULL, 0, 0, 0, NULL FROM generation_endpoint
    WHERE model_id IN ({models}) AND enabled GROUP BY model_id HAVING MIN(submit_failures) > 0
    UNION ALL
    SELECT 'limit', NULL, user_id, NULL, NULL, 0, 0, 0, CAST(at_once AS text)
        || ' ' || CAST(queued AS text) || ' ' || CAST(at_provider AS text)
    FROM (
        SELECT line.user_id, quota.jobs_at_once AS at_once, queued, at_provider
        FROM (
            SELECT user_id, COUNT(*) FILTER (WHERE status = 'queued') AS queued,
                COUNT(*) FILTER (WHERE status <> 'queued') AS at_provider
            FROM generation_job
            WHERE due_at IS NOT NULL AND status <> 'storing' AND {has_limits}
                AND NOT (background AND status = 'queued')
                AND (parked_until IS NULL OR parked_until <= %(now)s)
            GROUP BY user_id
        ) AS line JOIN accounts_user AS account ON account.id = line.user_id
        CROSS JOIN LATERAL artgen_quotas(account, %(site)s::jsonb) AS quota
    ) AS limited WHERE at_once IS NOT NULL
    UNION ALL
    SELECT 'limits', NULL, NULL, NULL, NULL, 0, 0, 0, NULL WHERE {has_limits}
"""


def _rows(model_ids: Collection[int]) -> list[QueueRow]:
    now = timezone.now()
    models = ", ".join(map(str, map(int, model_ids)))
    values: dict[str, Any] = {
        "now": now,
        "most": MAX_QUEUED_PER_MODEL * len(model_ids),
        "warm_since": now - WARM_FOR,
        "site": quotas.site(),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            QUEUES.format(
                line=scheduling.line(models=models, now="%(now)s"),
                order=", ".join(scheduling.ORDER),
                models=models,
                blocks_endpoint=BLOCKS_ENDPOINT,
                has_limits=has_limits(),
            ),
            values,
        )
        return [
            QueueRow._make([*row, UserLimit(*map(int, limit.split())) if limit else None])
            for *row, limit in cursor.fetchall()
        ]
