"""What waits for a worker: messages, of which each may stand for many jobs, and due jobs."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from artgen.observability import resources
from generation.jobs.engine import heartbeat
from generation.models import Job, Status

PATIENCE = timedelta(seconds=6)  # three ticks


@dataclass(frozen=True)
class WaitingWork:
    messages: int
    due: int
    """Jobs that a worker could submit, check or store now."""
    queued: int
    """Further jobs, for which their endpoints, limits or budgets have no room yet."""

    @property
    def count(self) -> int:
        return self.messages + self.due


def measure() -> WaitingWork:
    """Count what waits. Raises what the drivers raise."""
    messages = resources.queue_length()
    due = Job.objects.active().filter(due_at__lte=timezone.now() - PATIENCE)
    queued = due.filter(status=Status.QUEUED, background=False).count()
    others = due.exclude(status=Status.QUEUED).count()
    if heartbeat.is_late(PATIENCE):  # nobody submits, so all of them wait for a worker
        return WaitingWork(messages, queued + others, 0)
    return WaitingWork(messages, others, queued)
