"""Requests of the ASGI process that wait until jobs have ended.

They are woken by the events of their user's channel group. Events may be lost, so the rows are read
as well: when a wait begins, after lost messages, and every LOOK_SECONDS for all waits together.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from accounts.models import User
from artgen.database.pool_threads import THREADS, in_thread, with_connection
from generation.jobs.live import events, presence
from generation.jobs.live.batching import Batched
from generation.models import FINAL, Job

log = logging.getLogger(__name__)

LOOK_SECONDS = 7.0
RECONNECT_SECONDS = 2.0
BEAT_SECONDS = 15.0
"""After which a wait goes on without a change, so that its client hears something."""
MAX_OF_USER = 500
"""Waits of one user in a process; more do not wait."""
UNAVAILABLE = (OperationalError, InterfaceError, RedisError, OSError)


@dataclass(frozen=True, slots=True)
class WaitStep:
    """How far the jobs of a wait are, from 0 to 1, and how one looks if that is new, as a JPEG."""

    progress: float
    preview_b64: str = ""


class JobWait:
    """The wait of one request for the end of all of its jobs."""

    def __init__(self, job_ids: Collection[UUID], *, seconds: float) -> None:
        self.count = len(job_ids)
        self.remaining = set(job_ids)
        self.heard: dict[UUID, dict[str, Any]] = {}
        """The Job JSON of the last event of a job that has not ended."""
        self._preview_b64 = ""
        self._end_at = time.monotonic() + seconds
        self._changed = asyncio.Event()

    @property
    def is_over(self) -> bool:
        return not self.remaining

    @property
    def progress(self) -> float:
        """That of all jobs, from 0 to 1, as far as events have said it."""
        running = [self.heard[job_id] for job_id in self.remaining & self.heard.keys()]
        ended = self.count - len(self.remaining)
        return float(ended + sum(job["progress"] or 0.0 for job in running)) / self.count

    def end(self, job_id: UUID) -> None:
        self.remaining.discard(job_id)
        self._changed.set()

    def hear(self, job_id: UUID, job: dict[str, Any], preview: str) -> None:
        self.heard[job_id] = job
        self._preview_b64 = preview.partition(",")[2] or self._preview_b64
        self._changed.set()

    async def steps(self) -> AsyncGenerator[WaitStep]:
        """Yield a step, now and when it may have changed, until the wait is over or late."""
        while not self.is_over and (left := self._end_at - time.monotonic()) > 0:
            preview, self._preview_b64 = self._preview_b64, ""
            yield WaitStep(self.progress, preview)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(BEAT_SECONDS, left))
            self._changed.clear()


class _Listener:
    """Receives the events of one user for the waits of this process."""

    def __init__(self, user: User, waits: "JobWaits") -> None:
        self.user, self.waits = user, waits
        self.count = 0  # of waits
        self.is_listening = asyncio.Event()  # or cannot at the moment
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        # As for a socket: events are sent to the users of open slots only. Without one, because
        # the user has as many sockets as allowed, the events for those arrive here, too.
        slot = presence.SLOTS.new(self.user.pk, label=presence.label(self.user))
        try:
            while True:
                try:
                    await self._receive(slot)
                except UNAVAILABLE as error:
                    log.warning("events for waiting requests", extra={"error": repr(error)})
                self.is_listening.set()
                await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            self.is_listening.set()
            presence.SLOTS.close(slot)
            THREADS.submit(presence.SLOTS.release)

    async def _receive(self, slot: Any) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        group = events.group(self.user.pk)
        try:
            await layer.group_add(group, channel)
            await in_thread(presence.SLOTS.claim, [slot])
            self.is_listening.set()
            while True:
                self._handle(await layer.receive(channel))
        finally:
            with contextlib.suppress(*UNAVAILABLE):
                await layer.group_discard(group, channel)

    def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] == "job.changed":
            self.waits.hear(message["job"], message.get("preview", ""))
        else:
            self.waits.look_soon()


class JobWaits:
    def __init__(self) -> None:
        self._of_job: defaultdict[UUID, set[JobWait]] = defaultdict(set)
        self._listeners: dict[UUID, _Listener] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_due: asyncio.Event | None = None

    @asynccontextmanager
    async def wait_for(
        self, job_ids: Collection[UUID], *, user: User, seconds: float
    ) -> AsyncIterator[JobWait]:
        """Yield the wait for these jobs of the user, which ends with the block."""
        is_refused = self.count_of(user.pk) >= MAX_OF_USER
        wait = JobWait(job_ids, seconds=0 if is_refused else seconds)
        for job_id in job_ids:
            self._of_job[job_id].add(wait)
        listener = self._listener(user)
        listener.count += 1
        try:
            # Listen before looking: an end in between is then an event.
            await listener.is_listening.wait()
            await self._look_at(job_ids)
            yield wait
        finally:
            self._leave(wait, job_ids, listener)

    def hear(self, job: dict[str, Any], preview: str) -> None:
        job_id = UUID(job["id"])
        for wait in tuple(self._of_job.get(job_id, ())):
            if job["status"] in FINAL:
                wait.end(job_id)
            else:
                wait.hear(job_id, job, preview)

    def look_soon(self) -> None:
        if self._is_due:
            self._is_due.set()

    def count_of(self, user_id: UUID) -> int:
        listener = self._listeners.get(user_id)
        return listener.count if listener else 0

    def _listener(self, user: User) -> _Listener:
        listener = self._listeners.get(user.pk)
        if listener is None or listener.task.done():
            listener = self._listeners[user.pk] = _Listener(user, self)
        if self._looking is None or self._looking.done():
            self._is_due = asyncio.Event()
            self._looking = asyncio.create_task(self._look_regularly(self._is_due))
        return listener

    def _leave(self, wait: JobWait, job_ids: Iterable[UUID], listener: _Listener) -> None:
        for job_id in job_ids:
            self._of_job[job_id].discard(wait)
            if not self._of_job[job_id]:
                del self._of_job[job_id]
        listener.count -= 1
        if not listener.count:
            listener.task.cancel()
            if self._listeners.get(listener.user.pk) is listener:
                del self._listeners[listener.user.pk]
        if not self._of_job and self._looking:
            self._looking.cancel()
            self._looking = None

    async def _look_regularly(self, is_due: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(is_due.wait(), LOOK_SECONDS)
            is_due.clear()
            self._end(await _looked(list(self._of_job)))

    async def _look_at(self, job_ids: Collection[UUID]) -> None:
        with contextlib.suppress(*UNAVAILABLE):
            ended = await asyncio.gather(*map(_ended_job.get, job_ids))
            self._end(job_id for job_id in ended if job_id is not None)

    def _end(self, job_ids: Iterable[UUID]) -> None:
        for job_id in job_ids:
            for wait in tuple(self._of_job.get(job_id, ())):
                wait.end(job_id)


async def _looked(job_ids: list[UUID]) -> Iterable[UUID]:
    try:
        return await in_thread(_ended_jobs, job_ids)
    except UNAVAILABLE as error:
        log.warning("waiting requests", extra={"error": repr(error)})
        return ()


def _ended_jobs(job_ids: list[UUID]) -> dict[UUID, UUID]:
    """Return those of the jobs that have ended, or are gone."""
    active = set(Job.objects.active().filter(id__in=job_ids).values_list("id", flat=True))
    return {job_id: job_id for job_id in job_ids if job_id not in active}


_ended_job = Batched(with_connection(_ended_jobs), threads=THREADS)
WAITS = JobWaits()
