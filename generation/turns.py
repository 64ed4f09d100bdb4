"""Fair turns: the next job of a model is that of the user with the fewest at RunPod, oldest first."""

import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Min, Q
from django.utils import timezone

from generation.models import ImageModel, Job, Status

LINE_SECONDS = 2
WARM_FOR = timedelta(seconds=60)
LINE_MOST = 5_000


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
    key = f"line:{model_id}"
    found: Line | None = cache.get(key)
    if found is None:
        found = _look(model_id)
        cache.set(key, found, LINE_SECONDS)
    return found


def _look(model_id: int) -> Line:
    """Play the queue forward as `next_job` would, as if nothing at RunPod ended meanwhile."""
    queued = Job.objects.queued().filter(model_id=model_id).order_by("created_at", "id")
    waiting: dict[UUID, deque[tuple[float, UUID]]] = defaultdict(deque)
    for job_id, user_id, created_at in queued.values_list("id", "user_id", "created_at")[:LINE_MOST]:
        waiting[user_id].append((created_at.timestamp(), job_id))
    busy: Counter[UUID] = Counter(
        Job.objects.at_runpod().filter(model_id=model_id).order_by().values_list("user_id", flat=True)
    )
    heap = [(busy[user_id], own[0][0], user_id) for user_id, own in waiting.items()]
    heapq.heapify(heap)
    found: dict[UUID, int] = {}
    while heap:
        turns, _, user_id = heapq.heappop(heap)
        own = waiting[user_id]
        found[own.popleft()[1]] = len(found)
        if own:
            heapq.heappush(heap, (turns + 1, own[0][0], user_id))
    worked = Q(status=Status.RUNNING) | Q(status=Status.SUCCEEDED, finished_at__gte=timezone.now() - WARM_FOR)
    warm = Job.objects.filter(worked, model_id=model_id).exists()
    return Line(at_runpod=busy.total(), warm=warm, positions=found)
