"""Estimated time until an image is done, from the model's last jobs and its queue: p50 and p90."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from artgen.cache import remembered
from generation.jobs import scheduling
from generation.models import ImageModel, Job, Status

SAMPLE_SIZE = 100  # last jobs of a model
SPEED_SECONDS = 15
P90_WITHOUT_HISTORY = 1.6
STORING_SECONDS = 2


@dataclass(frozen=True)
class Eta:
    """Seconds until the image is done: `p50` is the median, `p90` the 90th percentile."""

    p50: int
    p90: int

    def as_json(self) -> dict[str, int]:
        """Return `{"p50", "p90"}`."""
        return {"p50": self.p50, "p90": self.p90}


@dataclass(frozen=True)
class Forecast:
    """Speeds and queues of some models, by id. Raises KeyError for jobs of other models."""

    speeds: Mapping[int, Eta]
    queues: Mapping[int, scheduling.ModelQueue]

    def of_job(self, job: Job, *, now: datetime) -> Eta | None:
        """Return the time left for an active job, None for a final one."""
        if job.is_final:
            return None
        if job.status == Status.STORING:
            return Eta(STORING_SECONDS, STORING_SECONDS * 2)
        if job.status == Status.QUEUED:
            if self.is_blocked(job) or job.is_parked(now=now):
                return None
            return self._behind(job.model, before=self.position(job) or 0)
        since = (now - (job.submitted_at or now)).total_seconds()
        if job.progress and job.started_at:
            drawn = (now - job.started_at).total_seconds()
            left = drawn / job.progress - drawn
            return Eta(max(1, round(left)), max(1, round(left * 1.3)))
        one = self.speeds[job.model_id]
        return Eta(max(1, round(one.p50 - since)), max(1, round(one.p90 - since)))

    def of_order(self, model: ImageModel, *, count: int = 1) -> Eta:
        """Return the time until the last of `count` new images would be done."""
        return self._behind(model, before=len(self.queues[model.pk].positions) + count - 1)

    def position(self, job: Job) -> int | None:
        """Return how many jobs go before a QUEUED job; None for others and if it is parked."""
        if job.status != Status.QUEUED or job.is_parked(now=timezone.now()):
            return None
        if job.first_place is not None:
            return job.first_place
        positions = self.queues[job.model_id].positions
        return positions.get(job.id, len(positions))

    def is_warm(self, job: Job) -> bool:
        """Tell whether the job's model has an active worker, so that there is no cold start."""
        return self.queues[job.model_id].warm

    def is_blocked(self, job: Job) -> bool:
        """Tell whether an outage blocks the job's model."""
        return self.queues[job.model_id].blocked

    def _behind(self, model: ImageModel, *, before: int) -> Eta:
        """Return the time for a job behind `before` others, in whole rounds of `max_in_flight`."""
        one = self.speeds[model.pk]
        rounds = (self.queues[model.pk].at_runpod + before) // max(model.max_in_flight, 1)
        return Eta(one.p50 * (rounds + 1), one.p50 * rounds + one.p90)


def forecast(models: Iterable[ImageModel]) -> Forecast:
    """Return the forecast of these models: queues at most QUEUE_SECONDS old, speeds SPEED_SECONDS.

    Takes one or two cache round trips and at most two queries for any number of models.
    """
    known = {model.pk: model for model in models}
    queues = {scheduling.cache_key(model_id): model_id for model_id in known}
    measured = {f"jobs.eta.speed:{model_id}": model_id for model_id in known}

    def compute(missing: list[str]) -> dict[str, scheduling.ModelQueue | Eta]:
        unknown = [queues[key] for key in missing if key in queues]
        unmeasured = [known[measured[key]] for key in missing if key in measured]
        found_queues = scheduling.queues(unknown) if unknown else {}
        found_speeds = speeds(unmeasured) if unmeasured else {}
        return {
            key: found_queues[queues[key]] if key in queues else found_speeds[measured[key]]
            for key in missing
        }

    found = remembered(
        dict.fromkeys(queues, scheduling.QUEUE_SECONDS) | dict.fromkeys(measured, SPEED_SECONDS),
        compute,
    )
    return Forecast(
        speeds={model_id: found[key] for key, model_id in measured.items()},
        queues={model_id: found[key] for key, model_id in queues.items()},
    )


def of_jobs(jobs: Iterable[Job]) -> Forecast:
    """Return the forecast for the active ones of these jobs. Fetch them with their models."""
    return forecast({job.model_id: job.model for job in jobs if not job.is_final}.values())


def speed(model: ImageModel) -> Eta:
    """Return the seconds from submission to success for this model, at most SPEED_SECONDS old."""
    return forecast([model]).speeds[model.pk]


def of_job(job: Job, *, now: datetime | None = None) -> Eta | None:
    """Return the time left for an active job, None for a final one."""
    return of_jobs([job]).of_job(job, now=now or timezone.now())


def of_order(model: ImageModel, *, count: int = 1) -> Eta:
    """Return the time until the last of `count` new images would be done."""
    return forecast([model]).of_order(model, count=count)


def position(job: Job) -> int | None:
    """Return how many jobs go before a QUEUED job; None for others."""
    return of_jobs([job]).position(job)


def speeds(models: Collection[ImageModel]) -> dict[int, Eta]:
    """Measure the last jobs of each model, in one query (SQLite: one for each model)."""
    spans: dict[int, list[float]] = {model.pk: [] for model in models}
    last = [_last_jobs(model_id) for model_id in spans]
    if connection.features.supports_slicing_ordering_in_compound:
        rows: Iterable[tuple[int, datetime | None, datetime | None]] = (
            last[0].union(*last[1:], all=True) if last[1:] else last[0]
        )
    else:
        rows = chain.from_iterable(last)
    for model_id, submitted, finished in rows:
        if submitted and finished:
            spans[model_id].append((finished - submitted).total_seconds())
    return {model.pk: _speed(model, sorted(spans[model.pk])) for model in models}


def _last_jobs(model_id: int) -> "QuerySet[Job, tuple[int, datetime | None, datetime | None]]":
    done = Job.objects.filter(model=model_id, status=Status.SUCCEEDED, submitted_at__isnull=False)
    return done.order_by("-finished_at").values_list("model_id", "submitted_at", "finished_at")[
        :SAMPLE_SIZE
    ]


def _speed(model: ImageModel, spans: list[float]) -> Eta:
    if not spans:
        return Eta(model.typical_seconds, round(model.typical_seconds * P90_WITHOUT_HISTORY))
    p50, p90 = spans[len(spans) // 2], spans[min(len(spans) - 1, len(spans) * 9 // 10)]
    return Eta(max(1, round(p50)), max(1, round(p90)))
