"""The simulation: users place jobs, ArtGen promises and submits, RunPod works, images are stored.

Events are run in order of their moments; nothing sleeps. The same seed gives the same day.
"""

import heapq
import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from accounts.models import User
from deploy.simulated_day.endpoints import DAY, PLANS, EndpointPlan, SimulatedEndpoint, Worker
from generation.jobs import eta
from generation.jobs.eta import Forecast, History, Record
from generation.jobs.eta.forecast_cache import HISTORY_SECONDS, SAMPLE_SIZE
from generation.jobs.queue import model_queues
from generation.jobs.queue.model_queues import ModelQueue, QueueRow
from generation.jobs.queue.scheduling import BACKGROUND
from generation.models import ImageModel, Job, Status

START = datetime(2026, 1, 15, tzinfo=UTC)
SIZES = ((1024, 1024), (1024, 1024), (832, 1216), (512, 512), (1536, 1536))
BATCHES = (1, 1, 1, 2, 4, 4, 8)
USERS = 60
LOST_SHARE = 0.01  # of the attempts: RunPod loses them, ArtGen submits again


@dataclass
class SimulatedJob:
    """A job of the day, and what was said about it; moments in seconds of the day."""

    row: Job
    worker_seconds: float = 0.0
    megapixels: float = 1.0
    delay: float = 0.0
    sent: float = 0.0
    later: tuple[float, float] | None = None  # p50 and p90, as said half-way to the promise
    ended: float | None = None
    was_cold: bool = False


class Day:
    def __init__(
        self,
        *,
        jobs: int,
        seed: int,
        throttled_hour: int | None,
        hours: float,
        plans: Sequence[EndpointPlan] = PLANS,
        background: int = 0,  # jobs of each model, ordered at midnight by one more user
    ) -> None:
        self.random, self.plans, self.background = Random(seed), plans, background
        self.total, self.hours = jobs, hours
        self.throttled = throttled_hour
        self.models = {
            number: ImageModel(
                pk=number,
                slug=plan.slug,
                name=plan.slug,
                typical_seconds=plan.typical_seconds,
            )
            for number, plan in enumerate(plans, start=1)
        }
        self.endpoints = {
            number: SimulatedEndpoint[SimulatedJob](plan, self.random)
            for number, plan in enumerate(plans, start=1)
        }
        self.users = [User(id=self._id()) for _n in range(USERS)]
        self.jobs: list[SimulatedJob] = []
        self.queued: dict[int, dict[UUID, deque[SimulatedJob]]] = {
            number: defaultdict(deque) for number in self.models
        }
        self.at_provider: dict[int, dict[UUID, SimulatedJob]] = {
            number: {} for number in self.models
        }
        self.records: dict[int, deque[Record]] = {
            number: deque(maxlen=SAMPLE_SIZE) for number in self.models
        }
        self.last_success: dict[int, float] = dict.fromkeys(self.models, -DAY)
        self.histories: dict[int, tuple[float, History]] = {}
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def run(self) -> list[SimulatedJob]:
        """Run the day until the last job has ended and return all jobs."""
        self.plan_orders()
        if self.throttled is not None:
            for hour, is_on in ((self.throttled, True), (self.throttled + 1, False)):
                self.at(hour * 3600.0, partial(self._throttle, is_on))
        while self._events:
            self.now, _count, event = heapq.heappop(self._events)
            event()
        return self.jobs

    # --- users ---

    def plan_orders(self) -> None:
        """Plan when orders come: few at night, many in the evening."""
        numbers, shares = [*self.models], [plan.share for plan in self.plans]
        placed = 0
        while placed < self.total:
            moment = self.random.uniform(0, self.hours * 3600)
            busy = 0.55 - 0.45 * math.cos(2 * math.pi * (moment / DAY - 0.08))
            if self.hours >= 24 and self.random.random() > busy:
                continue
            number = self.random.choices(numbers, shares)[0]
            count = min(self.random.choice(BATCHES), self.total - placed)
            user = self.users[min(USERS - 1, int(self.random.expovariate(1 / 12)))]
            size = self.random.choice(SIZES)
            self.at(moment, partial(self.place_order, number, count, user, size))
            placed += count
        if self.background:
            order = self.background, User(id=self._id()), SIZES[0]
            for number in numbers:
                self.at(0, partial(self.place_order, number, *order, background=True))

    def place_order(
        self,
        number: int,
        count: int,
        user: User,
        size: tuple[int, int],
        *,
        background: bool = False,
    ) -> list[SimulatedJob]:
        model, created_at = self.models[number], self.moment()
        rows = [
            Job(
                id=self._id(),
                user_id=user.id,
                model=model,
                width=size[0],
                height=size[1],
                status=Status.QUEUED,
                created_at=created_at,
                background=background,
            )
            for _n in range(count)
        ]
        forecast = self.forecast(number)
        eta.promise(rows, forecast=forecast, now=created_at)
        jobs = [
            SimulatedJob(
                row,
                megapixels=size[0] * size[1] / 1024**2,
                was_cold=not forecast.queues[number].warm,
            )
            for row in rows
        ]
        self.jobs += jobs
        for job in jobs:
            row = job.row
            self.queued[number][user.id].append(job)
            wait = ((row.promised_p50_at or created_at) - created_at).total_seconds()
            self.after(self.random.uniform(0, 1) * wait, partial(self._forecast_again, job))
        self.after(self.random.uniform(0.05, 0.3), partial(self._submit, number))
        return jobs

    def _forecast_again(self, job: SimulatedJob) -> None:
        """Note what is said about the job at a moment on its way."""
        times = self.forecast(job.row.model_id).of_job(job.row, now=self.moment())
        if times:
            job.later = (self.now + times.p50, self.now + times.p90)

    # --- ArtGen ---

    def forecast(self, number: int) -> Forecast:
        """Return the forecast of a model, as `eta.forecast` makes it from the database."""
        return Forecast(
            histories={number: self._history(number)}, queues={number: self._queue(number)}
        )

    def _queue(self, number: int) -> ModelQueue:
        return model_queues.from_rows(self._rows(number), model_ids=[number])[number]

    def _history(self, number: int) -> History:
        """Return what the last jobs of a model showed when they were last read."""
        read_at, history = self.histories.get(number, (-DAY, History()))
        if self.now - read_at >= HISTORY_SECONDS:
            history = self.history_of(number)
            self.histories[number] = (self.now, history)
        return history

    def history_of(self, number: int) -> History:
        plan = self.plans[number - 1]
        return eta.history_of(list(self.records[number]), limit=plan.max_in_flight)

    def _rows(self, number: int) -> list[QueueRow]:
        nothing: UUID = None  # as in rows of the database
        limit = self.plans[number - 1].max_in_flight
        rows = [QueueRow("room", number, nothing, nothing, None, limit)]
        sent = [
            job.row
            for job in self.at_provider[number].values()
            if job.row.status in {Status.SUBMITTED, Status.RUNNING}
        ]
        rows += [
            QueueRow(row.status, number, row.user_id, row.id, row.submitted_at, 1) for row in sent
        ]
        busy = Counter(row.user_id for row in sent)
        rows += [
            QueueRow(
                *(Status.QUEUED, number, user_id, job.row.id, job.row.created_at),
                own=own,
                rank=own + 1 + busy[user_id] + BACKGROUND * job.row.background,
            )
            for user_id, jobs in self.queued[number].items()
            for own, job in enumerate(jobs)
        ]
        if self.now - self.last_success[number] < model_queues.WARM_FOR.total_seconds():
            rows.append(QueueRow("warm", number, nothing, nothing, None, 0))
        return rows

    def _submit(self, number: int) -> None:
        """Submit what fits, by fair scheduling."""
        room = self.plans[number - 1].max_in_flight - len(self.at_provider[number])
        queued = self.queued[number]
        if room <= 0 or not any(queued.values()):
            return
        by_id = {job.row.id: job for own in queued.values() for job in own}
        for job_id in self._queue(number).positions:
            job = by_id[job_id]
            if job.row.background and self.at_provider[number]:
                break
            queued[job.row.user_id].remove(job)
            job.row.status, job.row.submitted_at = Status.SUBMITTED, self.moment()
            job.sent = self.now
            self.at_provider[number][job_id] = job
            self.endpoints[number].put(job, self.now)
            room -= 1
            if not room:
                break
        self._start_work(number)

    def _mark_running(self, job: SimulatedJob) -> None:
        """Note that a worker runs the job, as a check of its status finds it."""
        if job.row.status == Status.SUBMITTED:
            job.row.status, job.row.started_at = Status.RUNNING, self.moment()

    def _take_result(self, job: SimulatedJob) -> None:
        """Take the result: the job leaves RunPod, its image is stored."""
        number = job.row.model_id
        del self.at_provider[number][job.row.id]
        job.row.delay_ms = round(job.delay * 1000)
        job.row.execution_ms = round(job.worker_seconds * 1000)
        job.row.status = Status.STORING
        self._submit(number)
        self.after(self.random.lognormvariate(-0.7, 0.4), partial(self._store, job))

    def _store(self, job: SimulatedJob) -> None:
        row = job.row
        job.ended, row.status, row.finished_at = self.now, Status.SUCCEEDED, self.moment()
        self.last_success[row.model_id] = self.now
        self.records[row.model_id].append(
            Record(
                size=eta.size_of(row.width, row.height, row.steps),
                submitted_at=(row.submitted_at or START).timestamp(),
                delay=job.delay,
                execution=job.worker_seconds,
                finished_at=row.finished_at.timestamp(),
            )
        )

    def _resubmit(self, job: SimulatedJob) -> None:
        """Submit the job again: RunPod has lost it."""
        del self.at_provider[job.row.model_id][job.row.id]
        job.row.status, job.row.attempt = Status.QUEUED, job.row.attempt + 1
        job.row.submitted_at = job.row.started_at = None
        self.queued[job.row.model_id][job.row.user_id].appendleft(job)
        self._submit(job.row.model_id)

    # --- RunPod ---

    def _start_work(self, number: int) -> None:
        endpoint = self.endpoints[number]
        taken, again = endpoint.take(self.now)
        for worker, job in taken:
            job.delay = self.now - job.sent
            job.worker_seconds = endpoint.execution_of(job.megapixels)
            is_lost = self.random.random() < LOST_SHARE
            ended = job.worker_seconds * (self.random.random() if is_lost else 1)
            self.after(self.random.uniform(0.1, 2), partial(self._mark_running, job))
            self.after(ended, partial(self._end_work, number, worker, job, is_lost=is_lost))
        for moment in again:
            self.at(moment, partial(self._start_work, number))

    def _end_work(
        self, number: int, worker: Worker[SimulatedJob], job: SimulatedJob, *, is_lost: bool
    ) -> None:
        worker.job, worker.idle_since = None, self.now
        heard = self.random.uniform(0.05, 0.4)  # a webhook; in rare cases the next check
        if self.random.random() < 0.03:
            heard = self.random.uniform(0.4, 2.5)
        self.after(heard, partial(self._resubmit if is_lost else self._take_result, job))
        self._start_work(number)

    def _throttle(self, is_on: bool) -> None:
        for number, endpoint in self.endpoints.items():
            endpoint.is_throttled = is_on
            self._start_work(number)

    # --- time ---

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def at(self, moment: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (max(moment, self.now), self._count, event))

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self.at(self.now + seconds, event)

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)
