"""The lifecycle of emulated jobs: waiting, running, progress, end, and finally 404.

Source: https://docs.runpod.io/serverless/endpoints/job-states and endpoint-configurations.
"""

import asyncio
import itertools
import random
import time
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from .callbacks import Webhooks
from .clock import Clock
from .endpoints import EmulatedEndpoint
from .faults import Faults, magic_fault
from .input_validation import ImageRequest, InputProblem, understand
from .jobs import GONE, Accepted, EmulatedJob
from .options import EmulatorOptions
from .workers import Workers, WorkResult

RETENTION = 1_800.0  # seconds for which a result is kept
EMPTY_INPUT_SECONDS = 40.0  # until RunPod fails {"input": {}}
INVALID_INPUT_SECONDS = 1.0
PROGRESS_UPDATES = 20
MAX_ACCEPTED = 50_000  # recorded


class JobQueue:
    """All jobs of all endpoints; lives in the emulator's event loop."""

    def __init__(
        self,
        *,
        options: EmulatorOptions,
        clock: Clock,
        faults: Faults,
        webhooks: Webhooks,
        workers: Workers,
    ) -> None:
        self.jobs: dict[str, EmulatedJob] = {}
        self.accepted: deque[Accepted] = deque(maxlen=MAX_ACCEPTED)
        self.endpoints: dict[str, EmulatedEndpoint] = {}
        self._options = options
        self._clock, self._faults = clock, faults
        self._webhooks, self._workers = webhooks, workers
        self._random = random.Random(options.seed)
        self._worker_numbers = itertools.count(1)

    def endpoint(self, name: str) -> EmulatedEndpoint:
        return self.endpoints.setdefault(name, EmulatedEndpoint(name, self._options.workers))

    def find(self, endpoint: str, job_id: str) -> EmulatedJob | None:
        """Return a job of the endpoint, None if unknown, past its ttl or its retention."""
        job = self.jobs.get(job_id)
        if job is None or job.endpoint != endpoint:
            return None
        if job.finished is not None and self._clock.now() - job.finished > RETENTION:
            del self.jobs[job_id]
            return None
        return job

    async def submit(self, job: EmulatedJob) -> None:
        """Accept a job. An instant one, or one with an early webhook, is finished on return."""
        job.created = self._clock.now()
        job.fault = self._faults.take("job", job.endpoint) or magic_fault(_prompt(job.input))
        job.webhook_fault = self._faults.take("webhook", job.endpoint) if job.webhook else ""
        self.jobs[job.id] = job
        self._add_record(job)
        self._clock.after(job.ttl, lambda: self._expire(job))
        endpoint = self.endpoint(job.endpoint)
        if job.webhook_fault == "forged":
            self._webhooks.forge(job)
        if job.webhook_fault == "foreign":
            self._webhooks.name_another(job, self._known_to_caller(job))
        if job.fault == "waits":
            return
        if job.webhook_fault == "early":
            await self._finish_at_once(endpoint, job)
            await self._webhooks.deliver_early(job)
        elif self._options.instant and endpoint.workers:
            await self._finish_at_once(endpoint, job)
        else:
            endpoint.waiting.append(job)
            self._clock.after(0, lambda: self._take(endpoint))

    def record(self, job: EmulatedJob, *, fault: str) -> None:
        """Record a job that is made in the reply to its request."""
        job.fault = fault or magic_fault(_prompt(job.input))
        self._add_record(job)

    def _add_record(self, job: EmulatedJob) -> None:
        job.record = Accepted(
            id=job.id,
            endpoint=job.endpoint,
            prompt=_prompt(job.input),
            seed=job.input.get("seed"),
            webhook=job.webhook,
            fault=job.fault,
            webhook_fault=job.webhook_fault,
            accepted_at=time.time(),
            usd=self._workers.charge(job),
        )
        self.accepted.append(job.record)

    def _known_to_caller(self, job: EmulatedJob) -> str:
        """Return the newest other job whose status has been read; without one, an unknown id."""
        others = (
            other.id for other in reversed(self.jobs.values()) if other.reads and other is not job
        )
        return next(others, f"nobody-{job.id}")

    def confirm_reply(self, job: EmulatedJob) -> None:
        """Record that /run was answered: only now the webhook of an instant job is called."""
        if self._options.instant and job.final and job.webhook_fault != "early":
            self._webhooks.deliver_end(job)

    def cancel(self, job: EmulatedJob) -> None:
        if not job.final:
            if job.fault == "canceled_cost":
                job.output, job.has_output = self._workers.billed_output(job), True
            self._end(job, "CANCELLED", notify=False)

    def health(self, name: str) -> dict[str, Any]:
        return self.endpoint(name).health(
            job for job in list(self.jobs.values()) if job.endpoint == name
        )

    def set_workers(self, name: str, workers: int) -> None:
        endpoint = self.endpoint(name)
        endpoint.workers = workers
        self._take(endpoint)

    # --- what happens at its time -----------------------------------------------------------------

    def _take(self, endpoint: EmulatedEndpoint) -> None:
        while endpoint.waiting and endpoint.free:
            job = endpoint.waiting.popleft()
            endpoint.running[job.id] = job
            run = job.run
            pause = 0.0 if endpoint.warm else self._options.cold_start
            endpoint.warm = True
            self._clock.after(pause, lambda job=job, run=run: self._begin(endpoint, job, run))  # type: ignore[misc]

    async def _begin(self, endpoint: EmulatedEndpoint, job: EmulatedJob, run: int) -> None:
        if job.run != run:
            return
        self._begin_run(job)
        if job.fault != "stuck":
            self._clock.after(job.execution_timeout, lambda: self._time_out(job, run))
        try:
            request = understand(job.dialect, job.endpoint, job.input)
        except InputProblem as problem:
            error = str(problem)
            pause = INVALID_INPUT_SECONDS if job.input else EMPTY_INPUT_SECONDS
            self._clock.after(pause, lambda: self._fail(job, run, error))
            return
        duration = self._random.uniform(*self._options.seconds_range) * (
            10 if job.fault == "slow_gpu" else 1
        )
        updates = min(request.steps, PROGRESS_UPDATES)
        for number in range(1, updates + 1):
            part = number / (updates + 1)
            report = partial(self._report, job, run, request, part)
            self._clock.after(duration * part, report)
        if job.fault == "stuck":
            return
        if job.fault == "retried" and not job.retries:
            self._clock.after(duration / 2, lambda: self._lose_worker(endpoint, job, run))
            return
        work = self._workers.start(job, request)
        self._clock.after(duration, lambda: self._finish(job, run, work))

    async def _finish_at_once(self, endpoint: EmulatedEndpoint, job: EmulatedJob) -> None:
        run = job.run
        self._begin_run(job)
        endpoint.running[job.id] = job
        if job.fault == "stuck":
            return
        try:
            request = understand(job.dialect, job.endpoint, job.input)
        except InputProblem as problem:
            self._fail(job, run, str(problem), notify=False)
            return
        await self._finish(job, run, self._workers.start(job, request), notify=False)

    def _begin_run(self, job: EmulatedJob) -> None:
        worker = f"emulated{next(self._worker_numbers):06d}"
        job.begin(at=self._clock.now(), worker=worker)

    def _report(self, job: EmulatedJob, run: int, request: ImageRequest, part: float) -> None:
        if job.run == run and not job.final:
            part = min(part, job.painted) if self._workers.slow else part
            step = max(1, round(request.steps * part))
            before = (
                job.output["step"] if isinstance(job.output, dict) and "step" in job.output else 0
            )
            job.output, job.has_output = {"step": max(step, before), "steps": request.steps}, True

    async def _finish(
        self, job: EmulatedJob, run: int, work: asyncio.Task[WorkResult], *, notify: bool = True
    ) -> None:
        result = await work
        if job.run != run:
            return
        job.output, job.has_output, job.error = result.output, result.has_output, result.error
        if job.fault == "late_progress":
            job.run += 1
            job.record_end("COMPLETED")
            job.output = {"step": 1, "steps": 1}
            self.endpoint(job.endpoint).running.pop(job.id, None)
            self._webhooks.deliver_end(job)
            return
        self._end(job, result.state, notify=notify)
        if job.fault == "lost":
            self.jobs.pop(job.id, None)

    def _fail(self, job: EmulatedJob, run: int, error: str, *, notify: bool = True) -> None:
        if job.run == run:
            job.output, job.has_output, job.error = None, False, error
            self._end(job, "FAILED", notify=notify)

    def _time_out(self, job: EmulatedJob, run: int) -> None:
        if job.run == run and not job.final:
            job.output, job.has_output, job.error = (
                None,
                False,
                "job timed out after executionTimeout",
            )
            self._end(job, "TIMED_OUT")

    def _lose_worker(self, endpoint: EmulatedEndpoint, job: EmulatedJob, run: int) -> None:
        if job.run == run:
            endpoint.running.pop(job.id, None)
            self._put_back(job)
            self._take(endpoint)

    def _put_back(self, job: EmulatedJob) -> None:
        job.run += 1
        job.retries += 1
        job.state, job.started, job.finished, job.painted = "IN_QUEUE", None, None, 0.0
        job.output, job.has_output, job.error, job.worker = None, False, "", ""
        self.endpoint(job.endpoint).waiting.append(job)

    def _end(self, job: EmulatedJob, state: str, *, notify: bool = True) -> None:
        job.run += 1
        job.state, job.finished = state, self._clock.now()
        job.record_end(state)
        endpoint = self.endpoint(job.endpoint)
        endpoint.running.pop(job.id, None)
        if job in endpoint.waiting:
            endpoint.waiting.remove(job)
        if state in ("COMPLETED", "FAILED"):
            endpoint.counts[state.lower()] += 1
        if notify:
            self._webhooks.deliver_end(job)
        self._clock.after(RETENTION + 1, lambda: self._forget(job))
        self._clock.after(0, lambda: self._take(endpoint))

    def _forget(self, job: EmulatedJob) -> None:
        if job.finished is not None and self._clock.now() - job.finished > RETENTION:
            self.jobs.pop(job.id, None)

    def _expire(self, job: EmulatedJob) -> None:
        """Delete a job past its ttl, even a running one."""
        if self.jobs.get(job.id) is job and not job.final:
            job.run += 1
            job.record_end(GONE)
            del self.jobs[job.id]
            endpoint = self.endpoint(job.endpoint)
            endpoint.running.pop(job.id, None)
            if job in endpoint.waiting:
                endpoint.waiting.remove(job)
            self._take(endpoint)


def _prompt(body: Mapping[str, Any]) -> str:
    prompt = body.get("prompt")
    return prompt if isinstance(prompt, str) else str(body.get("workflow", ""))
