"""Requests that wait for the end of jobs, in the ASGI process: `?wait=30`, `Prefer: wait=30`."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.models import User
from artgen.api.problems import invalid
from artgen.database.pool_threads import in_thread
from artgen.processes.later import CLIENT_GONE, Again, set_later
from artgen.refusals import Refusal
from generation.jobs.engine import job_control
from generation.jobs.live.job_waits import WAITS, WaitStep
from generation.models import Job

log = logging.getLogger(__name__)

MAX_SECONDS = 60
WAIT_NOTE = (
    f"Seconds, up to {MAX_SECONDS}, to wait until the job has ended. The response is the job as it "
    "is then."
)
WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": MAX_SECONDS},
    OpenApiParameter.QUERY,
    description=WAIT_NOTE,
)
PREFER = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER, description=f"`wait=30` (RFC 7240). {WAIT_NOTE}"
)
PREFERRED = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,4})\"?\s*(?:$|[,;])", re.IGNORECASE)
RETRY_SECONDS, RETRIES = 2.0, 15
Step = WaitStep | HttpResponseBase
UNAVAILABLE = 503
_closing: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class EndOfJobs:
    """What a request has waited for."""

    job_ids: tuple[UUID, ...]
    has_ended: bool
    about: Any = None
    """What the view wants to know after the wait."""


def seconds_of(request: Request) -> int:
    """Return how long the request wants to wait, 0 for not at all; raise Problem."""
    if (text := request.query_params.get("wait")) is not None:
        if not re.fullmatch("[0-9]{1,4}", text) or int(text) > MAX_SECONDS:
            detail = _("Must be %(min)d–%(max)d.") % {"min": 0, "max": MAX_SECONDS}
            raise invalid("wait", "invalid", detail)
        return int(text)
    return preferred_seconds(request)


def preferred_seconds(request: Request) -> int:
    """Return how long the request prefers to wait, 0 for not at all."""
    preferred = PREFERRED.search(request.headers.get("Prefer", ""))
    return min(int(preferred[1]), MAX_SECONDS) if preferred else 0


def wait(
    response: HttpResponseBase,
    jobs: Collection[Job],
    *,
    user: User,
    seconds: float,
    about: Any = None,
    cancels: bool = False,
    stream: Callable[[AsyncGenerator[Step]], HttpResponseBase] | None = None,
) -> None:
    """Let the view be called again when the jobs have ended, or after `seconds`.

    `later.waited` is an EndOfJobs then. If it responds with 503, as while the bucket is away, it is
    called again some times. With `cancels`, the jobs are canceled if the client goes. `stream`
    makes a response that is sent meanwhile: of the steps of the wait, and of that of the view.
    """
    if not seconds or all(job.is_final for job in jobs):
        return
    job_ids = tuple(job.id for job in jobs)

    async def later(again: Again) -> HttpResponseBase:
        steps = _steps(again, job_ids, user=user, seconds=seconds, about=about, cancels=cancels)
        if stream:
            return stream(steps)
        *_, response = [step async for step in steps]
        return cast(HttpResponseBase, response)

    set_later(response, later)


async def _steps(
    again: Again,
    job_ids: tuple[UUID, ...],
    *,
    user: User,
    seconds: float,
    about: Any,
    cancels: bool,
) -> AsyncGenerator[Step]:
    with canceling(job_ids if cancels else (), user=user):
        async with WAITS.wait_for(job_ids, user=user, seconds=seconds) as waits:
            async for step in waits.steps():
                yield step
        yield await called_again(again, EndOfJobs(job_ids, waits.is_over, about))


async def called_again(again: Again, waited: EndOfJobs) -> HttpResponseBase:
    """Call the view again, some times if it responds with 503."""
    for _try in range(RETRIES):
        response = await again(waited)
        if response.status_code != UNAVAILABLE:
            break
        await asyncio.sleep(RETRY_SECONDS)
    return response


@contextmanager
def canceling(job_ids: Collection[UUID], *, user: User) -> Iterator[None]:
    """Cancel these jobs if the client goes away in the block."""
    try:
        yield
    except asyncio.CancelledError as error:
        if job_ids and error.args == (CLIENT_GONE,):  # else the process stops
            task = asyncio.create_task(in_thread(partial(_cancel, user), job_ids))
            _closing.add(task)
            task.add_done_callback(_closing.discard)
        raise


def _cancel(user: User, job_ids: Collection[UUID]) -> None:
    for job in Job.objects.of(user).filter(id__in=job_ids):
        try:
            job_control.cancel(job=job, actor=user)  # for nothing; else it goes on
        except Refusal as refusal:
            log.info("not canceled", extra={"job": str(job.id), "reason": refusal.code})
