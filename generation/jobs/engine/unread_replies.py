"""Replies that were paid for and from which no image could be read: kept, never bought again.

If the images may be elsewhere in the reply, its job stays STORING until the deadline, and the kept
reply is read again with the model's current request format. Two of a format of which none was read
pause submissions to the endpoint (see `outages`).
"""

import json
import zlib
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.jobs import clients
from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import lifecycle, outages
from generation.models import ImageModel, Job, UnreadReply
from generation.providers.job_report import JobReport
from generation.providers.payloads import OutputError, Result

INTERVAL = timedelta(minutes=1)  # between two readings of a kept reply
COUNTED = frozenset({"unreadable", "no_output", "invalid_output", "bad_picture"})
"""Codes that count for an outage: with other codes, the reply states the reason."""


def read(job: Job, report: JobReport) -> Result:
    """Return the result in a report. Raises OutputError.

    By the format that the job was placed with; if that finds no image, by the current one.
    """
    placed_with = job.snapshot.get("request_format")
    try:
        return _result(job, report, placed_with)
    except OutputError as error:
        current = outages.format_of(job)["request_format"]
        if not error.is_unread or current == placed_with:
            raise
    return _result(job, report, current)


def _result(job: Job, report: JobReport, request_format: Any) -> Result:
    provider = clients.of(job.place.provider)
    images_at = (request_format or {}).get("images", "")
    return provider.result(report, dialect=job.snapshot["dialect"], images_at=images_at)


def keep_for_storing(job: Job, report: JobReport) -> None:
    """Keep a reply that has the image inside and cannot be read again, until this is stored."""
    _insert(job, report, is_open=False)


def kept_reply(job: Job) -> JobReport | None:
    """Return the kept reply, if there is one, to be read with the model as it is now."""
    if (body := kept_body(job)) is None:
        return None
    job.model = ImageModel.objects.get(pk=job.model_id)
    return clients.of(job.place.provider).report_in(json.loads(body))


def kept_body(job: Job) -> bytes | None:
    """Return the kept reply as JSON, if there is one."""
    body = UnreadReply.objects.filter(job=job).values_list("body", flat=True).first()
    return None if body is None else zlib.decompress(body)


def keep(job: Job, report: JobReport, error: OutputError, *, charge: Charge | None) -> None:
    """Keep the reply; fail the job, or let it wait if another format may help. Raises Stale.

    `charge` is None if the attempt has been counted before.
    """
    now = timezone.now()
    with transaction.atomic():
        if error.code == lifecycle.UNREADABLE and charge is not None:
            lifecycle.store_unread(
                job, report, until=now + INTERVAL, detail=error.detail, charge=charge
            )
        else:
            lifecycle.fail(job, code=error.code, detail=error.detail, charge=charge)
        _insert(job, report, is_open=error.code in COUNTED)
    # After the commit, so that of two replies at once at least one finds the other.
    if error.code in COUNTED:
        outages.count_unread(job, error)


def _insert(job: Job, report: JobReport, *, is_open: bool) -> None:
    values = {
        "endpoint_id": job.place.endpoint_id,
        "request_format": outages.format_of(job)["request_format"],
        "body": zlib.compress(json.dumps(report.body).encode(), level=1),
        "at": timezone.now(),
        "is_open": is_open,
    }
    UnreadReply.objects.update_or_create(job_id=job.id, defaults=values)


def read_later(job: Job, error: Exception) -> None:
    """Read the kept reply of the job again later, or fail it at its deadline. Raises Stale."""
    now = timezone.now()
    if job.deadline_at is not None and job.deadline_at <= now:
        lifecycle.fail(job, code=lifecycle.UNREADABLE, detail=str(error))
    else:
        lifecycle.retry_storing(
            job, until=now + INTERVAL, detail=str(error), code=lifecycle.UNREADABLE
        )


def forget(job: Job) -> None:
    """Delete the kept reply: its images are stored."""
    UnreadReply.objects.filter(job=job).delete()
