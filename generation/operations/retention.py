"""Delete what is kept for a limited time: jobs without images, history, unused uploads.

In batches, each in a transaction of its own, so that no lock is held for long and an interrupted
run loses nothing. The ledger is never touched: its entries name their job by id and quote its
prompt.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL
from django.utils import timezone

from generation.files import storage
from generation.jobs.budgets import spending
from generation.models import FINAL, Image, Job, JobEvent, Status, Upload

JOBS_AT_ONCE = 500
EVENTS_AT_ONCE = 5000
UPLOADS_AT_ONCE = 500
# The index `job_sources` has only jobs with sources. A moderator may still approve a request.
IS_USED = """(
    EXISTS (
        SELECT 1 FROM generation_job
        WHERE NOT (source_images = '[]'::jsonb)
            AND source_images @> jsonb_build_array(generation_upload.id::text)
    )
    OR EXISTS (
        SELECT 1 FROM generation_job
        WHERE mask <> '' AND mask = generation_upload.id::text
    )
    OR EXISTS (
        SELECT 1 FROM generation_promptreview
        WHERE state = 'waiting' AND position(generation_upload.id::text IN requests::text) > 0
    )
)"""


def delete_jobs(*, finished_before: datetime) -> int:
    """Delete canceled and failed jobs without images, with their history; return how many."""
    count = 0
    old = (
        Job.objects.filter(
            ~Exists(Image.objects.filter(job=OuterRef("pk"))),
            status__in=(Status.FAILED, Status.CANCELED),
            finished_at__lt=finished_before,
            stop_pending=False,
        )
        .order_by("finished_at", "id")
        .values_list("id", "status", "started_at")
    )
    while jobs := list(old[:JOBS_AT_ONCE]):
        for job_id, status, started_at in jobs:
            if status == Status.FAILED and started_at:
                storage.delete_of_job(job_id)  # some of its files may have been stored
        ids = [job_id for job_id, _, _ in jobs]
        with transaction.atomic():
            spending.add_deleted(ids)
            Job.objects.filter(id__in=ids).delete()
        count += len(jobs)
    return count


def delete_history(*, finished_before: datetime) -> int:
    """Delete the history of jobs that finished before then; return the number of lines.

    Ids are chronological, so the old lines are read first and the run ends at the first batch of
    newer ones.
    """
    count, last = 0, 0
    while events := list(
        JobEvent.objects.filter(id__gt=last)
        .order_by("id")
        .values_list("id", "at", "job__status", "job__finished_at")[:EVENTS_AT_ONCE]
    ):
        last = events[-1][0]
        ended = [
            event_id
            for event_id, _at, status, finished_at in events
            if status in FINAL and finished_at and finished_at < finished_before
        ]
        JobEvent.objects.filter(id__in=ended).delete()
        count += len(ended)
        if min(at for _id, at, _status, _finished_at in events) >= finished_before:
            break
    return count


def delete_uploads(*, created_before: datetime) -> int:
    """Delete uploads from before then that nothing uses, files first; return how many."""
    count, last = 0, UUID(int=0)
    while ids := list(
        _with_use(Upload.objects.filter(id__gt=last, created_at__lt=created_before))
        .order_by("id")
        .values_list("id", "is_used")[:UPLOADS_AT_ONCE]
    ):
        last = ids[-1][0]
        for upload in _expire([upload_id for upload_id, is_used in ids if not is_used]):
            storage.delete(upload.key)
            upload.delete()
            count += 1
    return count


def _expire(ids: Sequence[UUID]) -> list[Upload]:
    """Take the uploads from all new jobs, and return those that no job uses.

    The lock waits for jobs that are being placed with them (`files.uploads.usable`), and
    the second look sees those jobs.
    """
    with transaction.atomic():
        locked = Upload.objects.filter(id__in=ids).select_for_update().order_by("id")
        locked_ids = [upload.id for upload in locked]
        unused = list(_with_use(Upload.objects.filter(id__in=locked_ids)).filter(is_used=False))
        Upload.objects.filter(id__in=[upload.id for upload in unused]).update(
            expired_at=timezone.now()
        )
    return unused


def _with_use(uploads: models.QuerySet[Upload]) -> Any:
    return uploads.annotate(is_used=RawSQL(IS_USED, (), output_field=models.BooleanField()))  # noqa: S611 constants
