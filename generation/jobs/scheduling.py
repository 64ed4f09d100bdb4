"""Fair turns: the next job of a model is that of the user with the fewest at RunPod, oldest first."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from artgen.cache import remembered
from generation.jobs import bulk_update
from generation.models import ImageModel, Job, ProviderOutage, Status

LINE_SECONDS = 2
SUBMISSION = timedelta(
    seconds=settings.HTTP_LIMITS["run_seconds"] + 2
)  # by then a POST /run has ended, well or not
UNKNOWN_MARGIN = timedelta(seconds=60)  # beyond RunPod's ttl, for clocks that differ
WARM_FOR = timedelta(seconds=60)
ID_BYTES = 16
MAX_AT_ONCE = 1_000  # jobs of one submission
LINE_MOST = 5_000  # jobs of a model that are looked at, in the mean

Waiting = dict[UUID, deque[tuple[float, UUID]]]
"""By user: when each waiting job was placed, and its id, oldest first."""


def next_jobs(model: ImageModel, *, now: datetime) -> tuple[str, list[Any]]:
    """Return SQL for a common table expression `chosen (id)`, and its parameters: the jobs that go to RunPod now.

    All QUEUED jobs that are due and fit beside what is out, at most `max_in_flight`: those of the users with the fewest
    out first, oldest first. None while a submission of the model is under way. While submissions fail it is one alone,
    of the user with the most out: it may be one more of unknown fate, which is rather somebody's second than another
    person's first. Use it in a statement that runs after the model's row was locked.
    """
    return CHOSEN, [
        model.pk,
        bulk_update.prepared("due_at", now - held_for(model)),
        model.pk,
        bulk_update.prepared("due_at", now),
        -1 if model.submit_failures else 0,
        model.pk,
        bulk_update.prepared("due_at", now - SUBMISSION),
        model.max_in_flight,
        1 if model.submit_failures else MAX_AT_ONCE,
    ]


def held_for(model: ImageModel) -> timedelta:
    """Return how long a job of unknown fate counts as one that is out: as long as a drawing usually takes."""
    return max(SUBMISSION, timedelta(seconds=model.typical_seconds))


# A job counts as out unless nobody knows for long whether RunPod took it. Parameters: see `next_jobs`.
CHOSEN = """
    busy (user_id, jobs) AS (
        SELECT user_id, COUNT(*) FROM generation_job
        WHERE model_id = %s AND status IN ('submitted', 'running') AND (runpod_id <> '' OR submitted_at > %s)
        GROUP BY user_id
    ),
    waiting (id, user_id, created_at, busy, turn) AS (
        SELECT job.id, job.user_id, job.created_at, COALESCE(busy.jobs, 0),
            ROW_NUMBER() OVER (PARTITION BY job.user_id ORDER BY job.created_at, job.id) + COALESCE(busy.jobs, 0)
        FROM generation_job AS job LEFT JOIN busy ON busy.user_id = job.user_id
        WHERE job.model_id = %s AND job.status = 'queued' AND job.due_at <= %s
    ),
    ordered (id, place) AS (
        SELECT id, ROW_NUMBER() OVER (ORDER BY %s * busy, turn, created_at, user_id, id) FROM waiting
        WHERE NOT EXISTS (
            SELECT 1 FROM generation_job
            WHERE model_id = %s AND status = 'submitted' AND runpod_id = '' AND refusals = 0 AND submitted_at > %s
        )
    ),
    chosen (id) AS (
        SELECT id FROM ordered WHERE place <= %s - (SELECT COALESCE(SUM(jobs), 0) FROM busy) AND place <= %s
    )
"""


@dataclass(frozen=True)
class Line:
    """What stands before a new job of a model: so many `at_runpod`, and the QUEUED ones with their places.

    `warm`: a GPU has worked for the model within WARM_FOR, so the next job need not wait for one to wake up.
    `blocked`: RunPod refuses the key or does not have the endpoint, and nothing is submitted until that is resolved.
    """

    at_runpod: int
    warm: bool
    blocked: bool
    positions: "Positions"


class Positions(Mapping[UUID, int]):
    """The places of waiting jobs, kept as one string of bytes: a cache packs and unpacks thousands in no time."""

    def __init__(self, ids: Iterable[UUID] = ()) -> None:
        self.order = b"".join(one.bytes for one in ids)

    def __getitem__(self, job_id: UUID) -> int:
        at = self.order.find(job_id.bytes)
        while at % ID_BYTES and at >= 0:  # found across two ids
            at = self.order.find(job_id.bytes, at + 1)
        if at < 0:
            raise KeyError(job_id)
        return at // ID_BYTES

    def __len__(self) -> int:
        return len(self.order) // ID_BYTES

    def __iter__(self) -> Iterator[UUID]:
        return (
            UUID(bytes=self.order[at : at + ID_BYTES]) for at in range(0, len(self.order), ID_BYTES)
        )


def line(model_id: int) -> Line:
    """Return the model's line; at most LINE_SECONDS old."""
    key = cache_key(model_id)
    found: Line = remembered(
        {key: LINE_SECONDS}, lambda _missing: {key: lines([model_id])[model_id]}
    )[key]
    return found


def cache_key(model_id: int) -> str:
    """Return under which key the model's line is remembered for LINE_SECONDS."""
    return f"jobs.scheduling.line:{model_id}"


def lines(model_ids: Collection[int]) -> dict[int, Line]:
    """Return the lines of these models as they are now, in three queries however many models there are.

    Each queue is played forward as `next_jobs` would, as if nothing at RunPod ended meanwhile.
    """
    waiting: dict[int, Waiting] = {model_id: defaultdict(deque) for model_id in model_ids}
    queued = Job.objects.queued().filter(model__in=model_ids).order_by("created_at", "id")
    rows = queued.values_list("model_id", "id", "user_id", "created_at")[: LINE_MOST * len(waiting)]
    for model_id, job_id, user_id, created_at in rows:
        waiting[model_id][user_id].append((created_at.timestamp(), job_id))
    busy: dict[int, Counter[UUID]] = {model_id: Counter() for model_id in model_ids}
    at_runpod = Job.objects.at_runpod().filter(model__in=model_ids).order_by()
    warm, blocked = _warm_and_blocked(model_ids)
    for model_id, user_id, status, count in at_runpod.values_list(
        "model_id", "user_id", "status"
    ).annotate(n=Count("id")):
        busy[model_id][user_id] += count
        if status == Status.RUNNING:
            warm.add(model_id)
    return {
        model_id: Line(
            at_runpod=busy[model_id].total(),
            warm=model_id in warm,
            blocked=model_id in blocked,
            positions=_played(waiting[model_id], busy[model_id]),
        )
        for model_id in model_ids
    }


def _warm_and_blocked(model_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """Return the models whose GPU has finished a job lately, and those to which nothing can be submitted."""
    done = Job.objects.filter(
        status=Status.SUCCEEDED, finished_at__gte=timezone.now() - WARM_FOR, model=OuterRef("pk")
    )
    refused = ProviderOutage.objects.blocking([OuterRef("endpoint_id")])
    models = ImageModel.objects.filter(pk__in=model_ids).order_by()
    rows = models.annotate(warm=Exists(done), blocked=Exists(refused)).values_list(
        "pk", "warm", "blocked"
    )
    found = list(rows)
    return {pk for pk, warm, _ in found if warm}, {pk for pk, _, blocked in found if blocked}


def _played(waiting: Waiting, busy: Counter[UUID]) -> Positions:
    """Return the place of each waiting job."""
    heap = [(busy[user_id], own[0][0], user_id) for user_id, own in waiting.items()]
    heapq.heapify(heap)
    found: list[UUID] = []
    while heap:
        turns, _, user_id = heapq.heappop(heap)
        own = waiting[user_id]
        found.append(own.popleft()[1])
        if own:
            heapq.heappush(heap, (turns + 1, own[0][0], user_id))
    return Positions(found)
