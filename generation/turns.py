"""Fair turns: the next job of a model is that of the user with the fewest at RunPod, oldest first."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from artgen.cache import remembered
from generation.models import ImageModel, Job, Status

LINE_SECONDS = 2
WARM_FOR = timedelta(seconds=60)
LINE_MOST = 5_000  # jobs of a model that are looked at, in the mean

Waiting = dict[UUID, deque[tuple[float, UUID]]]
"""By user: when each waiting job was placed, and its id, oldest first."""


def next_job(model: ImageModel) -> Job | None:
    """Return the QUEUED job whose turn it is, or None. The caller holds the model's row lock."""
    due = Job.objects.queued().filter(model=model, due_at__lte=timezone.now())
    waiting = list(due.order_by().values_list("user_id").annotate(oldest=Min("created_at")))
    if not waiting:
        return None
    busy = dict(Job.objects.at_runpod().filter(model=model).order_by().values_list("user_id").annotate(n=Count("id")))
    user_id, _ = min(waiting, key=lambda row: (busy.get(row[0], 0), row[1], row[0]))
    return due.filter(user_id=user_id).order_by("created_at", "id").select_related("model").first()


@dataclass(frozen=True)
class Line:
    """What stands before a new job of a model: so many `at_runpod`, and the QUEUED ones with their places.

    `warm`: a GPU has worked for the model within WARM_FOR, so the next job need not wait for one to wake up.
    """

    at_runpod: int
    warm: bool
    positions: dict[UUID, int]


def line(model_id: int) -> Line:
    """Return the model's line; at most LINE_SECONDS old."""
    key = cache_key(model_id)
    found: Line = remembered({key: LINE_SECONDS}, lambda _missing: {key: lines([model_id])[model_id]})[key]
    return found


def cache_key(model_id: int) -> str:
    """Return under which key the model's line is remembered for LINE_SECONDS."""
    return f"turns.line:{model_id}"


def lines(model_ids: Collection[int]) -> dict[int, Line]:
    """Return the lines of these models as they are now, in three queries however many models there are.

    Each queue is played forward as `next_job` would, as if nothing at RunPod ended meanwhile.
    """
    waiting: dict[int, Waiting] = {model_id: defaultdict(deque) for model_id in model_ids}
    queued = Job.objects.queued().filter(model__in=model_ids).order_by("created_at", "id")
    rows = queued.values_list("model_id", "id", "user_id", "created_at")[: LINE_MOST * len(waiting)]
    for model_id, job_id, user_id, created_at in rows:
        waiting[model_id][user_id].append((created_at.timestamp(), job_id))
    busy: dict[int, Counter[UUID]] = {model_id: Counter() for model_id in model_ids}
    at_runpod = Job.objects.at_runpod().filter(model__in=model_ids).order_by()
    warm = set(_succeeded_lately(model_ids))
    for model_id, user_id, status, count in at_runpod.values_list("model_id", "user_id", "status").annotate(
        n=Count("id")
    ):
        busy[model_id][user_id] += count
        if status == Status.RUNNING:
            warm.add(model_id)
    return {
        model_id: Line(
            at_runpod=busy[model_id].total(),
            warm=model_id in warm,
            positions=_played(waiting[model_id], busy[model_id]),
        )
        for model_id in model_ids
    }


def _succeeded_lately(model_ids: Collection[int]) -> "QuerySet[Job, int]":
    done = Job.objects.filter(status=Status.SUCCEEDED, finished_at__gte=timezone.now() - WARM_FOR, model__in=model_ids)
    return done.order_by().values_list("model_id", flat=True).distinct()


def _played(waiting: Waiting, busy: Counter[UUID]) -> dict[UUID, int]:
    """Return the place of each waiting job."""
    heap = [(busy[user_id], own[0][0], user_id) for user_id, own in waiting.items()]
    heapq.heapify(heap)
    found: dict[UUID, int] = {}
    while heap:
        turns, _, user_id = heapq.heappop(heap)
        own = waiting[user_id]
        found[own.popleft()[1]] = len(found)
        if own:
            heapq.heappush(heap, (turns + 1, own[0][0], user_id))
    return found
