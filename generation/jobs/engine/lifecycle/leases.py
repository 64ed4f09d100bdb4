"""When a job is due. Pushing `due_at` ahead is a lease: until then no process gets it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from generation.jobs.engine.lifecycle.transition import insert_history
from generation.jobs.queue import model_cache
from generation.jobs.sql import bulk_update
from generation.models import Job, Status
from generation.models.outages import BLOCKS_CHECKS


def claim_due(slug: str, *, limit: int, lease: timedelta) -> list[Job]:
    """Lease at most `limit` due jobs of the model at RunPod, oldest due first; return them by id.

    Empty while RunPod refuses the key or does not have the endpoint.
    """
    where = f"""
        model_id = (
            SELECT id FROM generation_imagemodel AS model WHERE slug = %s AND NOT {BLOCKS_CHECKS}
        )
        AND status IN ('submitted', 'running')"""  # noqa: S608 no input
    return sorted(_claim(where, [slug], limit=limit, lease=lease), key=lambda job: job.id)


HOSTS = f"""
taken AS (
    SELECT result_host, user_id, due_at > %s AS being_stored, error_detail LIKE %s AS has_failed
    FROM {bulk_update.TABLE} WHERE status = 'storing' AND due_at > %s AND result_host <> ''
)"""  # noqa: S608 no input
"""SQL of jobs being stored, whose lease has more time left than any pause, and of paused ones."""
WITHIN_SHARES = """
    result_host NOT IN (
        SELECT result_host FROM taken GROUP BY result_host
        HAVING count(*) FILTER (WHERE being_stored) >= %s
        OR count(*) FILTER (WHERE being_stored) >= %s AND count(*) FILTER (WHERE has_failed) > 0
    )
    AND (result_host, user_id) NOT IN (
        SELECT result_host, user_id FROM taken WHERE being_stored
        GROUP BY result_host, user_id HAVING count(*) >= %s
    )
    AND (error_detail NOT LIKE %s OR result_host NOT IN (
        SELECT result_host FROM taken WHERE being_stored AND has_failed
    ))"""
CLAIM_LOCK = 0x53746F7265  # any number that nothing else locks


def claim_storing(
    *, lease: timedelta, longest_pause: timedelta, slots: int, workers: int, failing: str
) -> Job | None:
    """Lease a due STORING job and return it; None if there is none.

    A slow host must not use all slots: a quarter of them is for other hosts. A user gets half of
    one worker's slots for a host, and a host that fails three quarters of them, because the other
    workers may not be running. Images for which their host has failed share one slot of it: those
    that hang block no others.

    Args:
        lease: how long no other process gets the job.
        longest_pause: after a failure; shorter than the lease.
        slots: jobs that a worker can store at once.
        workers: how many there are at most.
        failing: how `error_detail` begins after a failure of the host.
    """
    share = max(1, slots - max(1, slots // 4))
    failed, now = f"{failing}%", timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:  # claims at the same time would exceed the shares
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        jobs = _claim(
            f"status = 'storing' AND {WITHIN_SHARES}",
            [share * workers, share, max(1, slots // 2), failed],
            limit=1,
            lease=lease,
            given=HOSTS,
            given_values=[now + longest_pause, failed, now],
        )
    return jobs[0] if jobs else None


def _claim(
    where: str,
    parameters: list[Any],
    *,
    limit: int,
    lease: timedelta,
    given: str = "",
    given_values: Sequence[Any] = (),
) -> list[Job]:
    now = timezone.now()
    chosen = (
        f"SELECT id FROM {bulk_update.TABLE} "  # noqa: S608 no input
        f"WHERE {where} AND due_at <= %s ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    jobs = bulk_update.update(
        "due_at = %s",
        [*given_values, now + lease, *parameters, now, limit],
        given=given,
        where=f"WHERE id IN ({chosen})",
        history=None,
    )
    return model_cache.attach(jobs)


def postpone(jobs: Sequence[Job], *, until: datetime) -> int:
    """Check the jobs again at `until`; return how many were still as seen. Nothing else changes."""
    alike: dict[tuple[str, int], list[UUID]] = {}
    for job in jobs:
        alike.setdefault((job.status, job.attempt), []).append(job.id)
    return sum(
        Job.objects.filter(id__in=ids, status=status, attempt=attempt).update(due_at=until)
        for (status, attempt), ids in alike.items()
    )


def receive_webhook(job_id: UUID, *, attempt: int) -> str | None:
    """Mark the attempt due because its webhook arrived, and return its model's slug.

    None if its RunPod job is not known yet, or the attempt is over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {bulk_update.TABLE} SET due_at = %s WHERE id = %s AND attempt = %s "  # noqa: S608 no input
            "AND status IN ('submitted', 'running') AND runpod_id <> '' "
            "RETURNING (SELECT slug FROM generation_imagemodel AS model WHERE model.id = model_id)",
            [
                timezone.now(),
                job_id,
                attempt,
            ],
        )
        row: tuple[str] | None = cursor.fetchone()
    return row[0] if row else None


def request_check(job: Job, *, actor: User | None) -> bool:
    """Mark the job due because staff asked for a check; return False if there is nothing to check.

    That is the case when the job has ended, and while it is unknown whether RunPod took it: only
    its webhook can tell.
    """
    now = timezone.now()
    with transaction.atomic():
        known = (
            Job.objects.active().filter(id=job.id).exclude(status=Status.SUBMITTED, runpod_id="")
        )
        if not known.update(due_at=now):
            return False
        insert_history([Job.objects.get(id=job.id)], name="hurried", at=now, actor=actor)
    return True


def extend_deadlines(*, by: timedelta, endpoint_id: str | None = None) -> int:
    """Give active jobs, of one endpoint or all, the time of an outage back; return how many."""
    active = Job.objects.active().filter(deadline_at__isnull=False)
    if endpoint_id is not None:
        active = active.filter(snapshot__endpoint_id=endpoint_id)
    return active.update(deadline_at=F("deadline_at") + by)
