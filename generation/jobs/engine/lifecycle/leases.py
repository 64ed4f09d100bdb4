"""When a job is due. Pushing `due_at` ahead is a lease: until then no process gets it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from artgen.database import raw_sql
from generation.jobs.engine.lifecycle import transitions
from generation.jobs.engine.lifecycle.transition import (
    COLUMNS,
    HistoryLine,
    change_quietly,
    insert_history,
)
from generation.models import Job, Status, model_cache
from generation.models.outages import WITHOUT_CHECKS

CLAIM_DUE = """
UPDATE generation_job SET due_at = %(leased_until)s
WHERE id IN (
    SELECT id FROM generation_job
    WHERE model_id = (SELECT id FROM generation_imagemodel WHERE slug = %(slug)s)
        AND status IN ('submitted', 'running') AND due_at <= %(now)s
        AND (endpoint_id IS NULL OR endpoint_id NOT IN ({without_checks}))
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING {columns}
"""


def claim_due(slug: str, *, limit: int, lease: timedelta) -> list[Job]:
    """Lease at most `limit` due jobs of the model at a provider, oldest due first; return them.

    Without those of endpoints whose key the provider refuses, or that it does not have.
    """
    now = timezone.now()
    statement = CLAIM_DUE.format(columns=COLUMNS, without_checks=WITHOUT_CHECKS)
    values = {"slug": slug, "now": now, "leased_until": now + lease, "limit": limit}
    jobs = raw_sql.fetch(Job, statement, values)
    return sorted(model_cache.attach(jobs), key=lambda job: job.id)


# `taken` are jobs that are being stored, and paused ones. `of_host` and `of_failed_host` are slots
# of all workers, `of_user` are those of one host.
CLAIM_STORING = """
WITH taken AS (
    SELECT result_host, user_id, is_claimed, host_failed
    FROM generation_job
    WHERE status = 'storing' AND due_at > %(now)s AND result_host <> ''
)
UPDATE generation_job SET due_at = %(leased_until)s, is_claimed = TRUE
WHERE id IN (
    SELECT id FROM generation_job
    WHERE status = 'storing' AND due_at <= %(now)s
        AND result_host NOT IN (
            SELECT result_host FROM taken GROUP BY result_host
            HAVING count(*) FILTER (WHERE is_claimed) >= %(of_host)s
            OR count(*) FILTER (WHERE is_claimed) >= %(of_failed_host)s
                AND count(*) FILTER (WHERE host_failed) > 0
        )
        AND (result_host, user_id) NOT IN (
            SELECT result_host, user_id FROM taken WHERE is_claimed
            GROUP BY result_host, user_id HAVING count(*) >= %(of_user)s
        )
        AND (NOT host_failed OR result_host NOT IN (
            SELECT result_host FROM taken WHERE is_claimed AND host_failed
        ))
    ORDER BY host_failed, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {columns}, EXISTS (
    SELECT FROM generation_job AS other
    WHERE status = 'storing' AND due_at <= %(now)s AND id <> generation_job.id
)
"""
CLAIM_LOCK = 0x53746F7265  # any number that nothing else locks
# A commit waits 3 to 7 ms for the disk, and the others wait for the lock meanwhile. One that is
# lost because PostgreSQL crashes is like a lease that has ended early: the tick finds the job.
LOCK_CLAIMS = "SELECT pg_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true)"


class StoringClaim(NamedTuple):
    others_are_due: bool
    """Whether more jobs wait for being stored."""


def claim_storing(*, lease: timedelta, slots: int, workers: int) -> tuple[Job, StoringClaim] | None:
    """Lease a due STORING job and return it; None if there is none.

    A slow host must not use all slots: a quarter of them is for other hosts. A user gets half of
    one worker's slots for a host, and a host that fails three quarters of them, because the other
    workers may not be running. Images for which their host has failed share one slot of it, and are
    tried after all others: those that hang block no others.

    Args:
        lease: how long no other process gets the job.
        slots: jobs that a worker can store at once.
        workers: how many there are at most.
    """
    share = max(1, slots - max(1, slots // 4))
    now = timezone.now()
    values = {
        "now": now,
        "leased_until": now + lease,
        "of_host": share * workers,
        "of_failed_host": share,
        "of_user": max(1, slots // 2),
    }
    with transaction.atomic():
        with connection.cursor() as cursor:  # claims at the same time would exceed the shares
            cursor.execute(LOCK_CLAIMS, [CLAIM_LOCK])
        statement = CLAIM_STORING.format(columns=COLUMNS)
        rows = raw_sql.fetch_with(Job, StoringClaim, statement, values)
    model_cache.attach(job for job, _claim in rows)
    return rows[0] if rows else None


def postpone(jobs: Sequence[Job], *, until: datetime) -> int:
    """Check the jobs again at `until`; return how many were still leased. Nothing else changes."""
    return change_quietly(transitions.POSTPONED, [(job, {"due_at": until}) for job in jobs])


RECEIVE_WEBHOOK = """
UPDATE generation_job SET due_at = %(now)s
WHERE id = %(id)s AND attempt = %(attempt)s
    AND status IN ('submitted', 'running') AND runpod_id <> ''
RETURNING (SELECT slug FROM generation_imagemodel AS model WHERE model.id = model_id)
"""


def receive_webhook(job_id: UUID, *, attempt: int) -> str | None:
    """Mark the attempt due because its webhook arrived, and return its model's slug.

    None if the provider's job is not known yet, or the attempt is over.
    """
    values: dict[str, Any] = {"now": timezone.now(), "id": job_id, "attempt": attempt}
    with connection.cursor() as cursor:
        cursor.execute(RECEIVE_WEBHOOK, values)
        row: tuple[str] | None = cursor.fetchone()
    return row[0] if row else None


def request_check(job: Job, *, actor: User | None) -> bool:
    """Mark the job due because staff asked for a check; return False if there is nothing to check.

    That is the case when the job has ended, and while it is unknown whether the provider took it:
    only its webhook can tell.
    """
    now = timezone.now()
    with transaction.atomic():
        jobs = Job.objects.active().filter(id=job.id).exclude(status=Status.SUBMITTED, runpod_id="")
        if not jobs.update(due_at=now):
            return False
        insert_history([Job.objects.get(id=job.id)], HistoryLine("hurried", now, actor=actor))
    return True


def extend_deadlines(*, by: timedelta, provider: str, endpoint_id: str | None = None) -> int:
    """Give active jobs of a provider, of one endpoint or all, the time of an outage back.

    Return how many.
    """
    here = Q(endpoint=None) | Q(endpoint__provider=provider)
    active = Job.objects.active().filter(here, deadline_at__isnull=False)
    if endpoint_id is not None:
        active = active.filter(snapshot__endpoint_id=endpoint_id)
    return active.update(deadline_at=F("deadline_at") + by)
