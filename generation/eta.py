"""How long a picture takes: p50 and p90 from what the model's last pictures took, and from the line before it."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from generation import turns
from generation.models import ImageModel, Job, Status

SAMPLE = 100
SPEED_SECONDS = 15
P90_WITHOUT_HISTORY = 1.6
STORING_SECONDS = 2


@dataclass(frozen=True)
class Eta:
    """Seconds from now until the picture is there: half the time sooner than `p50`, nine times in ten than `p90`."""

    p50: int
    p90: int

    def as_json(self) -> dict[str, int]:
        """Return `{"p50", "p90"}`."""
        return {"p50": self.p50, "p90": self.p90}


def speed(model: ImageModel) -> Eta:
    """Return the seconds from submission to the stored picture for this model; at most SPEED_SECONDS old."""
    key = f"speed:{model.pk}"
    found: Eta | None = cache.get(key)
    if found is None:
        found = _measure(model)
        cache.set(key, found, SPEED_SECONDS)
    return found


def of_job(job: Job, *, now: datetime | None = None) -> Eta | None:
    """Return the time left for an active job, None for a final one."""
    now = now or timezone.now()
    if job.is_final:
        return None
    if job.status == Status.STORING:
        return Eta(STORING_SECONDS, STORING_SECONDS * 2)
    one = speed(job.model)
    if job.status == Status.QUEUED:
        if turns.line(job.model_id).blocked:
            return None
        return _behind(job.model, one, before=position(job) or 0)
    since = (now - (job.submitted_at or now)).total_seconds()
    if job.progress and job.started_at:
        drawn = (now - job.started_at).total_seconds()
        left = drawn / job.progress - drawn
        return Eta(max(1, round(left)), max(1, round(left * 1.3)))
    return Eta(max(1, round(one.p50 - since)), max(1, round(one.p90 - since)))


def of_order(model: ImageModel, *, count: int = 1) -> Eta:
    """Return the time until the last of `count` new pictures would be there."""
    return _behind(model, speed(model), before=len(turns.line(model.pk).positions) + count - 1)


def position(job: Job) -> int | None:
    """Return how many jobs go before this one; None unless it is QUEUED."""
    if job.status != Status.QUEUED:
        return None
    positions = turns.line(job.model_id).positions
    return positions.get(job.id, len(positions))


def _behind(model: ImageModel, one: Eta, *, before: int) -> Eta:
    """Return the time until a job with `before` jobs in front of it is done: whole rounds of `max_in_flight`."""
    rounds = (turns.line(model.pk).at_runpod + before) // max(model.max_in_flight, 1)
    return Eta(one.p50 * (rounds + 1), one.p50 * rounds + one.p90)


def _measure(model: ImageModel) -> Eta:
    done = Job.objects.filter(model=model, status=Status.SUCCEEDED, submitted_at__isnull=False).order_by("-finished_at")
    spans = sorted(
        (finished - submitted).total_seconds()
        for submitted, finished in done.values_list("submitted_at", "finished_at")[:SAMPLE]
        if submitted and finished
    )
    if not spans:
        return Eta(model.typical_seconds, round(model.typical_seconds * P90_WITHOUT_HISTORY))
    p50, p90 = spans[len(spans) // 2], spans[min(len(spans) - 1, len(spans) * 9 // 10)]
    return Eta(max(1, round(p50)), max(1, round(p90)))
