"""The history of a job as a timeline: attempts, the provider's ids, and how long each step took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from artgen.web import formatting
from generation.admin.jobs import job_text
from generation.models import Job, JobEvent

MAX_EVENTS = 500
NAMES_RUNPOD_ID = ("submitted", "adopted")
"""Events whose detail is the provider's id of the attempt."""


@dataclass(frozen=True)
class TimelineEntry:
    """One event; `gap` is the time since the previous one, "" below a second."""

    event: JobEvent
    title: str
    clock: str
    gap: str
    runpod_id: str
    detail: str
    actor: str
    starts_attempt: bool


def events_of(job: Job) -> list[JobEvent]:
    return list(job.events.select_related("actor").order_by("id")[:MAX_EVENTS])


def timeline(events: Sequence[JobEvent]) -> list[TimelineEntry]:
    entries = []
    previous: JobEvent | None = None
    for event in events:
        names_id = event.name in NAMES_RUNPOD_ID
        entries.append(
            TimelineEntry(
                event=event,
                title=job_text.event(event.name, event.detail),
                clock=job_text.clock(event.at),
                gap=_gap(event.at - previous.at) if previous else "",
                runpod_id=event.detail if names_id else "",
                detail="" if names_id else event.detail,
                actor=event.actor.email if event.actor else "",
                starts_attempt=previous is not None and event.attempt != previous.attempt,
            )
        )
        previous = event
    return entries


def _gap(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"+{formatting.duration(seconds)}" if seconds >= 1 else ""
