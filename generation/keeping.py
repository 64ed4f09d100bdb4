"""Keep what RunPod drew: fetch it, put it into the bucket, describe it as a row."""

from django.conf import settings
from django.utils import timezone

from generation import pictures, storage
from generation.models import Image, Job
from generation.runpod import payloads
from generation.runpod.download import fetch_picture
from generation.runpod.payloads import Result


def fetch(picture: payloads.Picture, *, any_public: bool) -> bytes:
    """Return the bytes of one picture of a result; raises DownloadRefused or DownloadFailed."""
    if picture.data is not None:
        return picture.data
    return fetch_picture(picture.url or "", allowed_hosts=settings.RUNPOD_IMAGE_HOSTS, any_public=any_public)


def is_public_endpoint(job: Job) -> bool:
    """Tell whether RunPod runs the job's endpoint itself: its images may then be at any public address."""
    return payloads.is_public(job.snapshot["dialect"])


def seed_of(job: Job, result: Result, position: int) -> int:
    """Return the seed of one picture: what the worker says, else ours; several in one job count up from it."""
    if result.seed is not None and len(result.pictures) == 1:
        return result.seed
    return job.seed + position


def keep(job: Job, *, position: int, data: bytes, seed: int) -> Image:
    """Put one picture into the bucket and return its row, not yet inserted."""
    written = {**job.shareable_parameters, "model": job.snapshot["slug"], "seed": seed}
    del written["source_images"]
    picture = pictures.prepare(data, parameters=written)
    key = storage.image_key(user_id=job.user_id, job_id=job.id, position=position, content_type=picture.content_type)
    thumbnail_key = storage.thumbnail_key(user_id=job.user_id, job_id=job.id, position=position)
    storage.save(key, picture.data, content_type=picture.content_type)
    storage.save(thumbnail_key, picture.thumbnail, content_type="image/webp")
    large_key = ""
    if picture.large:
        large_key = storage.large_key(user_id=job.user_id, job_id=job.id, position=position)
        storage.save(large_key, picture.large, content_type="image/webp")
    return Image(
        user_id=job.user_id,
        job=job,
        position=position,
        key=key,
        thumbnail_key=thumbnail_key,
        large_key=large_key,
        placeholder=picture.placeholder,
        width=picture.width,
        height=picture.height,
        bytes=len(picture.data),
        content_type=picture.content_type,
        sha256=picture.sha256,
        seed=seed,
        model_id=job.model_id,
        style=job.style,
        sourced=bool(job.source_images),
        created_at=timezone.now(),
    )
