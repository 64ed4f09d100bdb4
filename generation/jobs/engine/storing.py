"""Store the images of finished jobs: download them, put them into the bucket, end the job."""

import logging
import time
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from artgen.database import pooling
from artgen.http.download import (
    DownloadFailed,
    DownloadRefused,
    HostFailed,
    fetch_image,
)
from generation.files import object_keys, storage
from generation.files.new_file import NewFile
from generation.imaging import image_copies
from generation.imaging.image_decoding import InvalidImage
from generation.jobs import clients
from generation.jobs.engine import dispatch, failures, lifecycle, outages, unread_replies
from generation.models import Image, Job
from generation.providers import payloads
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    KeyRefused,
    ProviderError,
)
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import OutputError, Result
from generation.providers.provider import OWN_SERVERS

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.STORE_LEASE_SECONDS)  # longer than a download and its uploads
PAUSE = timedelta(seconds=10)  # after a failure
MAX_PAUSE = LEASE * 2 / 3  # after many failures
FIRST_SILENCE, SILENCE = 3.0, 15.0  # seconds, after which a host has failed an image
MAX_SECONDS = 5.0  # of one task: a worker that ends waits for it


def store_due() -> None:
    """Store finished jobs while some are due, for about MAX_SECONDS."""
    ends_at = time.monotonic() + MAX_SECONDS
    is_first = True
    while claimed := _claim():
        job, (others,) = claimed
        if others and is_first:
            dispatch.store()  # in another process, too
            is_first = False
        _store(job)
        if not others:
            return
        if time.monotonic() > ends_at:
            dispatch.store()
            return


def store() -> Job | None:
    """Store the images of one finished job and return it; None if no job is due."""
    claimed = _claim()
    if claimed is None:
        return None
    _store(claimed[0])
    return claimed[0]


def _claim() -> tuple[Job, lifecycle.StoringClaim] | None:
    return lifecycle.claim_storing(
        lease=LEASE,
        slots=settings.CELERY_WORKER_CONCURRENCY,
        workers=settings.STORE_WORKERS,
    )


def _store(job: Job) -> None:
    pooling.give_back()  # the downloads may take a minute
    with failures.isolated(job, code="storage"):
        try:
            _store_result(job)
        except lifecycle.Stale:
            log.info("the job changed while it was stored", extra=job.log_fields)


def _store_result(job: Job) -> None:
    """Read the job's result, store its images and end it, or put it off. Raises Stale."""
    report, is_kept = None, False
    try:
        if job.result is not None:
            result = payloads.result_from(job.result)
        else:
            report = unread_replies.kept_reply(job)
            is_kept = report is not None
            report = report or _report(job)  # it was too large for the row
            result = unread_replies.read(job, report)
        images = [
            save_image(
                job,
                position=position,
                data=_fetch(job, image),
                seed=_seed(job, result, position),
            )
            for position, image in enumerate(result.images)
        ]
    except (OutputError, InvalidImage) as error:
        if is_kept and job.error_code == lifecycle.UNREADABLE:
            unread_replies.read_later(job, error)
        else:
            _keep_reply(job, report, error)
    except Gone as error:
        failures.handle_missing(job, error, timezone.now())
    except (KeyRefused, EndpointMissing) as error:
        outages.start(job.place, error)
        lifecycle.retry_storing(job, until=timezone.now() + PAUSE, detail=error.full_text)
    except (DownloadRefused, DownloadFailed) as error:
        _retry_or_fail(job, error, pause=_download_pause(job))
    except (ProviderError, OSError, BotoCoreError, ClientError) as error:
        _retry_or_fail(job, error, pause=PAUSE)
    else:
        lifecycle.succeed(job, images=images)
        if is_kept:
            unread_replies.forget(job)


def _report(job: Job) -> JobReport:
    report = clients.of(job.place.provider).report((job.place.endpoint_id, job.runpod_id))
    if not report.state.final:  # after a late progress update, or an unknown state
        raise CallFailed(f"RunPod calls the finished job {report.state.value}")
    return report


def _keep_reply(job: Job, report: JobReport | None, error: OutputError | InvalidImage) -> None:
    """Fail the job and keep the reply, or only its addresses if the provider has none."""
    if isinstance(error, InvalidImage):
        error = OutputError("bad_picture", repr(error), retryable=False)
    if report is None:
        try:
            report = _report(job)
        except ProviderError:
            report = JobReport(job.runpod_id, RemoteState.COMPLETED, body={"output": job.result})
    unread_replies.keep(job, report, error, charge=None)


def _retry_or_fail(job: Job, error: Exception, *, pause: timedelta) -> None:
    """Try again after the pause; fail only at the deadline, because the result is paid for."""
    now = timezone.now()
    log.warning("images not stored yet", extra={**job.log_fields, "error": repr(error)})
    if job.deadline_at and job.deadline_at <= now:
        lifecycle.fail(job, code="storage", detail=repr(error))
    else:
        lifecycle.retry_storing(
            job,
            until=now + pause,
            detail=f"{type(error).__name__}: {error}",
            host_failed=isinstance(error, HostFailed),
        )


def _download_pause(job: Job) -> timedelta:
    """Return half of the time since the provider finished the job, within PAUSE and MAX_PAUSE.

    So each pause is half as long again as the time before it, without a count of failures.
    """
    now = timezone.now()
    finished_at = (job.started_at or now) + timedelta(milliseconds=job.execution_ms or 0)
    return min(max(PAUSE, (now - finished_at) / 2), MAX_PAUSE)


def _fetch(job: Job, image: payloads.OutputImage) -> bytes:
    """Return the bytes of an image. Raises DownloadRefused or DownloadFailed.

    First tries have less patience: while they wait, others at the same host may not be fetched.
    """
    if image.data is not None:
        return image.data
    if job.place.provider in OWN_SERVERS:
        return clients.comfyui().file(job.place.endpoint_id, image.url or "")
    return fetch_image(
        image.url or "",
        allowed_hosts=settings.RUNPOD_IMAGE_HOSTS,
        # The images of RunPod's public endpoints may be at any public address.
        any_public=payloads.is_public(job.snapshot["dialect"]),
        silence=SILENCE if job.host_failed else FIRST_SILENCE,
    )


def _seed(job: Job, result: Result, position: int) -> int:
    """Return an image's seed: the worker's, else the job's, plus the position of further images."""
    if result.seed is not None and len(result.images) == 1:
        return result.seed
    return job.seed + position


def save_image(job: Job, *, position: int, data: bytes, seed: int) -> Image:
    """Put an image and its smaller copies into the bucket; return its row, not yet inserted."""
    written = {**job.shareable_parameters, "model": job.snapshot["slug"], "seed": seed}
    for name in ("source_images", "source_roles", "mask", "draft"):
        del written[name]
    prepared = image_copies.prepare(
        data, parameters=written, shows_upload=job.snapshot.get("shows_upload", False)
    )
    key = object_keys.image_key(
        job_id=job.id, position=position, content_type=prepared.content_type
    )
    thumbnail_key = object_keys.thumbnail_key(job_id=job.id, position=position)
    files = [
        NewFile(key, prepared.data, prepared.content_type),
        NewFile(thumbnail_key, prepared.thumbnail, "image/webp"),
    ]
    large_key = ""
    if prepared.large:
        large_key = object_keys.large_key(job_id=job.id, position=position)
        files.append(NewFile(large_key, prepared.large, "image/webp"))
    storage.save_all(files)
    return Image(
        user_id=job.user_id,
        job=job,
        position=position,
        key=key,
        thumbnail_key=thumbnail_key,
        large_key=large_key,
        placeholder=prepared.placeholder,
        width=prepared.width,
        height=prepared.height,
        bytes=len(prepared.data),
        content_type=prepared.content_type,
        sha256=prepared.sha256,
        seed=seed,
        model_id=job.model_id,
        style=job.style,
        sourced=bool(job.source_images),
        # Staff find the image of a trial in the admin, not in their gallery, and may restore it.
        trashed_at=timezone.now() if job.is_trial else None,
        created_at=timezone.now(),
    )
