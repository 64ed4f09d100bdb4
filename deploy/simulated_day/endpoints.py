"""RunPod's side of the simulation: workers that start, work, stay warm for a while and stop."""

from collections import deque
from dataclasses import dataclass
from random import Random

DAY = 86_400.0
SECONDS_UNTIL_SCALED = 4.0  # that a job waits until RunPod starts a further worker


@dataclass(frozen=True)
class EndpointPlan:
    """How an endpoint behaves; seconds. ArtGen sees none of it but delays and durations."""

    slug: str
    max_workers: int
    max_in_flight: int
    typical_seconds: int  # in ArtGen's catalog
    execution: float  # of a megapixel, median
    spread: float  # of the execution, sigma of its logarithm
    cold_start: float  # median
    idle_timeout: float
    share: float  # of all jobs


PLANS = (
    EndpointPlan("fast", 5, 8, 4, 3.4, 0.18, 14, 30, 0.55),
    EndpointPlan("fine", 4, 4, 20, 22, 0.12, 35, 60, 0.35),
    EndpointPlan("rare", 2, 4, 45, 41, 0.2, 55, 20, 0.10),
)

DEMO = EndpointPlan("demo", 3, 4, 4, 3.0, 0.1, 0.5, DAY, 0.0)
"""`make run`: three workers, which stay."""


class Worker[Job]:
    def __init__(self, ready_at: float) -> None:
        self.ready_at = ready_at
        self.is_ready = False
        self.job: Job | None = None
        self.idle_since = ready_at


class SimulatedEndpoint[Job]:
    """Workers and queue of one endpoint. The caller advances it from moment to moment."""

    def __init__(self, plan: EndpointPlan, random: Random) -> None:
        self.plan, self.random = plan, random
        self.queue: deque[tuple[Job, float]] = deque()
        self.workers: list[Worker[Job]] = []
        self.is_throttled = False

    @property
    def limit(self) -> int:
        return max(1, self.plan.max_workers // 3) if self.is_throttled else self.plan.max_workers

    def put(self, job: Job, now: float) -> None:
        self.queue.append((job, now))

    def execution_of(self, megapixels: float) -> float:
        work = self.plan.execution * (0.25 + 0.75 * megapixels)
        return work * self.random.lognormvariate(0, self.plan.spread)

    def take(self, now: float) -> tuple[list[tuple[Worker[Job], Job]], list[float]]:
        """Give queued jobs to free workers, start and stop workers.

        Returns who took which job, and at which moments to call again.
        """
        for worker in self.workers:
            if not worker.is_ready and worker.ready_at <= now:
                worker.is_ready, worker.idle_since = True, now
        self.workers = [
            worker
            for worker in self.workers
            if not worker.is_ready or worker.job or now - worker.idle_since < self.plan.idle_timeout
        ]
        self._stop_surplus()
        taken = []
        free = [worker for worker in self.workers if worker.is_ready and worker.job is None]
        for worker in free:
            if not self.queue:
                break
            job, _since = self.queue.popleft()
            worker.job = job
            taken.append((worker, job))
        return taken, self._scale(now)

    def _stop_surplus(self) -> None:
        """Stop free workers beyond the limit; busy ones finish their job first."""
        surplus = len(self.workers) - self.limit
        free = [worker for worker in self.workers if worker.job is None]
        for worker in free[: max(0, surplus)]:
            self.workers.remove(worker)

    def _scale(self, now: float) -> list[float]:
        """Start a worker for each job that has waited long, or at once if there is none."""
        again = []
        starting = sum(not worker.is_ready for worker in self.workers)
        for number, (_job, since) in enumerate(self.queue):
            if number < starting or len(self.workers) >= self.limit:
                continue
            if self.workers and now < since + SECONDS_UNTIL_SCALED:
                again.append(since + SECONDS_UNTIL_SCALED)
                continue
            slower = 2.0 if self.is_throttled else 1.0
            cold = self.plan.cold_start * slower * self.random.lognormvariate(0, 0.3)
            self.workers.append(Worker(now + cold))
            again.append(now + cold)
        return again
