"""The time until an image is done: the queue, the model's last jobs, the job's own progress."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from generation.jobs.budgets import budget_state
from generation.jobs.budgets.budget_state import BudgetState
from generation.jobs.eta.distributions import Distribution
from generation.jobs.eta.eta_types import Basis, Eta, JobOutlook
from generation.jobs.eta.history import History, size_of
from generation.jobs.eta.mean_wait import mean_wait
from generation.jobs.queue.model_queues import ModelQueue, UserLimit
from generation.jobs.queue.queue_positions import QueuePosition
from generation.models import TOO_DEAR, ImageModel, Job, Status
from generation.providers.payloads import is_public

CATALOG_SPREAD = (0.7, 0.8, 0.9, 0.95, 1.0, 1.0, 1.1, 1.25, 1.45, 1.6)
"""Of the catalog's typical duration, while no job of a model has been recorded."""
NO_DELAY = Distribution((0.0,))
UNKNOWN_COLD_START = Distribution((0.0, 10.0, 20.0, 45.0, 90.0))
"""Of an own endpoint, while none has been recorded; public ones have workers."""
LINE_SPREAD = 2.0  # of p90 to p50 of the wait behind other jobs
MIN_STEP = 2  # first step whose time says something about the next ones


@dataclass(frozen=True)
class QueuedImage:
    """A queued job, or an image of a new order: what its wait depends on."""

    model: ImageModel
    user_id: UUID | None
    size: int  # of `size_of`
    position: QueuePosition
    limit: UserLimit | None


@dataclass(frozen=True)
class Forecast:
    """Histories and queues of some models, by id. Raises KeyError for jobs of other models.

    `budgets` are all there are, for the functions of `jobs.budgets.budget_state`.
    """

    histories: Mapping[int, History]
    queues: Mapping[int, ModelQueue]
    budgets: Sequence[BudgetState] = ()

    def of_job(self, job: Job, *, now: datetime) -> Eta | None:
        """Return the time left for an active job; None for a final one, for one that waits for a
        budget, a lower price or room, during an outage, and for a queued one whose user may have
        no job at the provider.
        """
        match job.status:
            case Status.QUEUED:
                if (
                    job.background
                    or job.error_code == TOO_DEAR
                    or self.is_blocked(job)
                    or self.parked_until(job, now=now)
                ):
                    return None
                return self._of_queued(job, now=now)
            case Status.SUBMITTED:
                return self._of_submitted(job, now=now)
            case Status.RUNNING:
                return self._of_running(job, now=now)
            case Status.STORING:
                return self._of_storing(job, now=now)
        return None

    def of_order(
        self,
        model: ImageModel,
        *,
        user_id: UUID | None = None,
        size: int = 0,
        count: int = 1,
        limit: UserLimit | None = None,
        now: datetime | None = None,
    ) -> Eta | None:
        """Return the time until the last of `count` new images of this user would be done.

        None if the user may have no job at the provider. `size` is that of `size_of`; without a
        user, it is a user without other jobs. `limit`: of `limit_of_order`, None for none.
        """
        position = self.queues[model.pk].position_of_next(user_id, number=count)
        image = QueuedImage(model, user_id, size, position, limit)
        return self._in_line(image, now=now or timezone.now())

    def without_line(self, model: ImageModel, *, size: int = 0) -> Eta:
        """Return the time for an image if no other job was there."""
        times, basis = self._service(model, size)
        return _sum(_range(self._start(model)), _range(times), basis=basis)

    def outlook(self, job: Job, *, now: datetime) -> JobOutlook:
        if job.status != Status.QUEUED:
            is_warm = job.status == Status.SUBMITTED and self.queues[job.model_id].warm
            is_over = job.status == Status.RUNNING and self._is_over(job, now=now)
            return JobOutlook(left=self.of_job(job, now=now), is_warm=is_warm, is_over=is_over)
        is_too_dear = job.error_code == TOO_DEAR
        parked_until = None if is_too_dear else self.parked_until(job, now=now)
        return JobOutlook(
            position=None if is_too_dear or parked_until else self._position_of(job),
            left=self.of_job(job, now=now),
            parked_until=parked_until,
            is_blocked=self.is_blocked(job),
            is_rejected=self.queues[job.model_id].is_rejected,
            may_start_none=self.may_start_none(job),
        )

    def parked_until(self, job: Job, *, now: datetime) -> datetime | None:
        """Return until when a QUEUED job waits for a budget; None for others and if it does not.

        It is parked, or will be, because the jobs at the provider and those before it leave no
        room.
        """
        if job.is_parked(now=now):
            return job.parked_until
        if job.status != Status.QUEUED or not self.budgets or job.first_position is not None:
            return None  # of one that was just placed, its order has decided
        return budget_state.wait_of_job(job, self._position_of(job), states=self.budgets)

    def outdated(self, jobs: Iterable[Job]) -> set[int]:
        """Return the models whose queue is older than one of these jobs."""
        now = timezone.now()
        return {
            job.model_id
            for job in jobs
            if job.status == Status.QUEUED
            and not job._state.adding
            and job.first_position is None
            and not job.refusals
            and not job.is_parked(now=now)
            and not self.queues[job.model_id].has(job.id)
        }

    def is_blocked(self, job: Job) -> bool:
        return self.queues[job.model_id].blocked

    def at_once(self, model: ImageModel, *, now: datetime) -> int:
        """Return how many jobs run at once: as observed, else as many as may be at the provider."""
        history, queue = self.histories[model.pk], self.queues[model.pk]
        limit = max(1, queue.max_in_flight)
        usual = min(limit, history.at_once or limit)
        if queue.running and queue.sent_at:
            # Some wait there for longer than a cold start takes: there are no more workers.
            start = history.starts.get(False)
            slow = start.quantile(0.9) if start else WAITS_FOR_WORKER
            if now.timestamp() - queue.sent_at[0] > max(slow, MIN_WAIT):
                return min(usual, queue.running)
        return max(usual, min(limit, queue.running))

    def pace(self, model: ImageModel, *, now: datetime) -> float:
        """Return the seconds between two starts while jobs wait."""
        return self._service(model, 0)[0].mean / self.at_once(model, now=now)

    def may_start_none(self, job: Job) -> bool:
        """Return whether the limit of jobs at once of a queued job's user is 0."""
        limit = self._limit(job)
        return limit is not None and not limit.at_once

    def _of_queued(self, job: Job, *, now: datetime) -> Eta | None:
        image = QueuedImage(
            job.model, job.user_id, _size(job), self._position_of(job), self._limit(job)
        )
        return self._in_line(image, now=now)

    def _position_of(self, job: Job) -> QueuePosition:
        if job.first_position is not None:
            return QueuePosition(*job.first_position)
        queue = self.queues[job.model_id]
        return queue.positions.position_of(job.id) or queue.position_of_next(job.user_id)

    def _limit(self, job: Job) -> UserLimit | None:
        """Return the limit of jobs at once of the job's user, None for none."""
        queue = self.queues[job.model_id]
        if job.first_limit is not None and job.id not in queue.positions:
            return UserLimit(*job.first_limit)
        return queue.limits.get(job.user_id)

    def _in_line(self, image: QueuedImage, *, now: datetime) -> Eta | None:
        """Return the time for a queued job; None if its user may have no job at the provider."""
        time = self._at_its_turn(image, now=now)
        if time is None or image.position.before > image.position.own:
            return time
        return time.narrowed()

    def _at_its_turn(self, image: QueuedImage, *, now: datetime) -> Eta | None:
        """Return the time for a queued job; None if its user may have no job at the provider.

        It starts when the line and the user's own limit let it. The user's jobs of other models are
        taken to go before it and to last as long as one of its model: hence a wide range.
        """
        model, limit = image.model, image.limit
        line = self._behind(
            model,
            size=image.size,
            before=image.position.before,
            now=now,
            alike=image.position.own + 1,
        )
        if limit is None:
            return line
        if not limit.at_once:
            return None
        users = self.queues[model.pk].users
        queued, _sent = users.get(image.user_id, (0, 0)) if image.user_id else (0, 0)
        before = image.position.own + max(0, limit.queued - queued)  # with those of other models
        if before + limit.at_provider < limit.at_once:
            return line
        busy = min(limit.at_provider, limit.at_once)
        starts = [self._start(model).mean] * (limit.at_once - busy)
        times, basis = self._service(model, image.size)
        wait = mean_wait(before, busy=busy, starts=starts, slot_seconds=times.mean)
        own = _sum((wait, LINE_SPREAD * wait), _range(times), basis=basis)
        return Eta(max(line.p50, own.p50), max(line.p90, own.p90), basis)

    def _of_submitted(self, job: Job, *, now: datetime) -> Eta:
        queue = self.queues[job.model_id]
        sent_at = (job.submitted_at or now).timestamp()
        before = queue.sent_before(sent_at)
        return self._behind(
            job.model,
            size=_size(job),
            before=before - len(queue.sent_at),
            now=now,
            waited=now.timestamp() - sent_at,
        )

    def _of_running(self, job: Job, *, now: datetime) -> Eta:
        times, basis = self._service(job.model, _size(job))
        elapsed = _elapsed(job, now)
        left = times.after(elapsed)
        p50, p90 = left.quantile(0.5), left.quantile(0.9)
        done = job.progress or 0.0
        if elapsed > 0 and _shows_pace(job):
            # The more is done, the more the job's own pace counts against that of earlier jobs.
            usual, storing = times.quantile(0.5), self._storing(job.model_id).quantile(0.5)
            own = elapsed / done
            total = (1 - done) * usual + done * own
            p50 = (1 - done) * total + storing
            spread = max(times.quantile(0.9) / usual, own / total, 1.1) if usual > 0 else 1.5
            p90 = (1 - done) * total * spread + self._storing(job.model_id).quantile(0.9)
        return Eta.of(p50, p90, basis)

    def _is_over(self, job: Job, *, now: datetime) -> bool:
        times, _basis = self._service(job.model, _size(job))
        return not _shows_pace(job) and _elapsed(job, now) > times.quantile(0.9)

    def _of_storing(self, job: Job, *, now: datetime) -> Eta:
        times = self._storing(job.model_id)
        if job.submitted_at and job.delay_ms is not None and job.execution_ms is not None:
            ended_at = job.submitted_at.timestamp() + (job.delay_ms + job.execution_ms) / 1000
            times = times.after(now.timestamp() - ended_at)
        return Eta.of(
            times.quantile(0.5), times.quantile(0.9), self._service(job.model, _size(job))[1]
        )

    def _behind(
        self,
        model: ImageModel,
        *,
        size: int,
        before: int,
        now: datetime,
        waited: float = 0.0,
        alike: int = 1,
    ) -> Eta:
        """Return the time for a job that starts after `before` jobs and those at the provider.

        If it finds a free slot, p90 is that of the last of `alike` jobs that start at once.
        """
        queue = self.queues[model.pk]
        waiting = len(queue.sent_at) + before  # that start earlier and do not run yet
        at_once = self.at_once(model, now=now)
        free = max(0, at_once - queue.running)
        times, basis = self._service(model, size)
        if waiting < free:
            start, share = self._start(model).after(waited), 0.9 ** (1 / alike)
            return _sum(_range(start, share), _range(times, share), basis=basis)
        wait = self._wait(model, waiting, at_once=at_once, now=now)
        return _sum((wait, LINE_SPREAD * wait), _range(times), basis=basis)

    def _wait(self, model: ImageModel, waiting: int, *, at_once: int, now: datetime) -> float:
        """Return in how many seconds `waiting` jobs and then another one will have started."""
        queue = self.queues[model.pk]
        busy = min(queue.running, at_once)
        start = self._start(model)
        if queue.sent_at:
            start = start.after(now.timestamp() - queue.sent_at[0])
        starts = [start.mean] * (at_once - busy)
        return mean_wait(
            waiting, busy=busy, starts=starts, slot_seconds=self._service(model, 0)[0].mean
        )

    def _start(self, model: ImageModel) -> Distribution:
        """Return how long the provider takes to start a job that finds a free slot."""
        starts, is_warm = self.histories[model.pk].starts, self.queues[model.pk].warm
        if not is_warm and not starts and not is_public(model.dialect):
            return UNKNOWN_COLD_START
        return starts.get(is_warm, NO_DELAY)

    def _service(self, model: ImageModel, size: int) -> tuple[Distribution, Basis]:
        """Return the time from a worker's start to the image."""
        history = self.histories[model.pk]
        if size in history.by_size:
            return history.by_size[size], Basis.SIZE
        if history.service:
            return history.service, Basis.MODEL
        return _typical(model.typical_seconds), Basis.CATALOG

    def _storing(self, model_id: int) -> Distribution:
        return self.histories[model_id].storing or UNKNOWN_STORING


WAITS_FOR_WORKER = 60.0  # seconds; a cold start, while none has been recorded
MIN_WAIT = 5.0
UNKNOWN_STORING = Distribution((1.0, 1.5, 2.0, 3.0, 4.0))


def _range(times: Distribution, share: float = 0.9) -> tuple[float, float]:
    return times.quantile(0.5), times.quantile(share)


def _sum(*parts: tuple[float, float], basis: Basis) -> Eta:
    """Return the time of parts with a p50 and a p90 each, as if they were independent."""
    p50 = sum(first for first, _last in parts)
    return Eta.of(p50, p50 + math.hypot(*(last - first for first, last in parts)), basis)


def _typical(seconds: int) -> Distribution:
    return Distribution(tuple(max(1, seconds) * share for share in CATALOG_SPREAD))


def _elapsed(job: Job, now: datetime) -> float:
    return max(0.0, (now - (job.started_at or now)).total_seconds())


def _shows_pace(job: Job) -> bool:
    return bool(job.progress) and (job.step is None or job.step >= MIN_STEP)


def _size(job: Job) -> int:
    return size_of(job.width, job.height, job.steps)
