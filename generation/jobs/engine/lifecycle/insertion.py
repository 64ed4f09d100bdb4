"""A new job becomes a row: QUEUED and due."""

from collections.abc import Sequence

from django.utils import timezone

from accounts.models import User
from artgen.logs import log_context
from generation.jobs.engine.lifecycle.transition import insert_history, publish
from generation.jobs.queue import queue_positions
from generation.jobs.sql import bulk_update
from generation.jobs.sql.bulk_update import History
from generation.models import Job, Status
from generation.runpod.untrusted import storable


def insert(
    jobs: Sequence[Job],
    *,
    actor: User | None,
    detail: str = "",
    guard: bulk_update.Expression = ("TRUE",),
) -> bool:
    """Insert new jobs as QUEUED and due; the caller's transaction holds their credits.

    Args:
        jobs: unsaved rows.
        actor: who placed them; None for a command.
        detail: for the history.
        guard: SQL condition and the values for its `%s`. If it is false, nothing is inserted and
            False is returned.
    """
    now = timezone.now()
    for job in jobs:
        job.status, job.due_at, job.created_at = Status.QUEUED, now, now
        job.request_id = log_context.fields().get("request_id", "")
    history = History("placed", now, dict.fromkeys((job.id for job in jobs), storable(detail)))
    positions = bulk_update.insert(
        jobs, guard=guard, history=history, actor=actor, value=queue_positions.FIRST_POSITION
    )
    if not positions:
        return False
    for job in jobs:
        position = positions[job.id]
        job.first_position = queue_positions.QueuePosition(*position) if position else None
    if reduced := [job for job in jobs if job.snapshot.get("sources_reduced")]:
        why = "they do not fit into RunPod's 10 MB as they are"
        insert_history(reduced, name="sources_reduced", at=now, detail=why)
    publish(jobs)
    return True
