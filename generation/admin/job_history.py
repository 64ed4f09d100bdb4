"""The history of a job as a timeline: attempts, RunPod's ids, and how long each step took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from artgen import formatting
from generation.admin import job_words
from generation.models import FINAL, Job, JobEvent, Status

MAX_EVENTS = 500
NAMES_RUNPOD_ID = ("submitted", "adopted")
"""Events whose detail is RunPod's id of the attempt."""


@dataclass(frozen=True)
class Entry:
    """One event; `gap` is the time since the previous one, "" below a second."""

    event: JobEvent
    title: str
    clock: str
    gap: str
    runpod_id: str
    detail: str
    actor: str
    starts_attempt: bool


@dataclass(frozen=True)
class Step:
    """The time that the job has spent in a status, over all attempts."""

    label: str
    duration: str


def events_of(job: Job) -> list[JobEvent]:
    """Return the events in order, with their actors."""
    return list(job.events.select_related("actor").order_by("id")[:MAX_EVENTS])


def timeline(events: Sequence[JobEvent]) -> list[Entry]:
    entries = []
    previous: JobEvent | None = None
    for event in events:
        names_id = event.name in NAMES_RUNPOD_ID
        entries.append(
            Entry(
                event=event,
                title=job_words.event(event.name),
                clock=job_words.clock(event.at),
                gap=_gap(event.at - previous.at) if previous else "",
                runpod_id=event.detail if names_id else "",
                detail="" if names_id else event.detail,
                actor=event.actor.email if event.actor else "",
                starts_attempt=previous is not None and event.attempt != previous.attempt,
            )
        )
        previous = event
    return entries


def steps(events: Sequence[JobEvent], *, now: datetime) -> list[Step]:
    """Return how long the job was queued, at RunPod, and being saved."""
    spent: dict[str, float] = {}
    ends = [*(event.at for event in events[1:]), now]
    for event, end in zip(events, ends, strict=False):  # an old job has no history any more
        if event.status not in FINAL:
            seconds = (end - event.at).total_seconds()
            spent[event.status] = spent.get(event.status, 0) + seconds
    labels = {
        Status.QUEUED: _("In the queue"),
        Status.SUBMITTED: _("Sent, not started"),
        Status.RUNNING: _("Generating"),
        Status.STORING: _("Saving"),
    }
    return [
        Step(labels[Status(status)], formatting.duration(seconds))
        for status, seconds in spent.items()
    ]


def _gap(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"+{formatting.duration(seconds)}" if seconds >= 1 else ""
