"""The one Job JSON and the one Image JSON: the API, the socket and the pages all speak these."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from generation import eta, phases, storage
from generation.eta import Forecast
from generation.models import Image, Job, Status


def job_json(job: Job, *, forecast: Forecast | None = None) -> dict[str, Any]:
    """Return the job as clients see it; fetch it with `Job.objects.with_all()`, or pictures and model cost queries.

    `forecast` covers the models of active jobs; it is looked up where there is none.
    """
    now = timezone.now()
    forecast = forecast or eta.of_jobs([job])
    position, left = forecast.position(job), forecast.of_job(job, now=now)
    phase = phases.now_of(job, forecast=forecast, now=now)
    failed = job.status == Status.FAILED
    return {
        "id": str(job.id),
        "status": job.status,
        "progress": job.progress,
        "step": job.step,
        "step_count": job.step_count,
        "queue_position": position,
        "eta_seconds": left.as_json() if left else None,
        "phase": phase.title,
        "phase_detail": phase.detail,
        "model": job.model.slug,
        "prompt": job.prompt,
        "negative_prompt": job.negative_prompt,
        "width": job.width,
        "height": job.height,
        "steps": job.steps,
        "guidance": job.guidance,
        "seed": job.seed,
        "style": job.style or None,
        "source_images": job.source_images,
        "strength": job.strength,
        "lora_url": job.lora_url or None,
        "lora_scale": job.lora_scale,
        "batch": str(job.batch) if job.batch else None,
        "credits": job.credits,
        "attempt": job.attempt,
        "version": job.version,
        "created_at": time_json(job.created_at),
        "started_at": time_json(job.started_at),
        "finished_at": time_json(job.finished_at),
        "error": {"code": job.error_code, "message": phases.error_message(job.error_code)} if failed else None,
        # Images are stored together with the success: no other job has any.
        "images": [image_json(image) for image in job.images.all()] if job.status == Status.SUCCEEDED else [],
    }


def jobs_json(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return several jobs as clients see them."""
    forecast = eta.of_jobs(jobs)
    return [job_json(job, forecast=forecast) for job in jobs]


def image_json(image: Image) -> dict[str, Any]:
    """Return the picture as its owner sees it; the URLs expire."""
    return {
        "id": str(image.id),
        "job": str(image.job_id),
        "url": storage.absolute_url(image.key),
        "thumbnail_url": storage.absolute_url(image.thumbnail_key),
        "placeholder": image.placeholder,
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
        "content_type": image.content_type,
        "sha256": image.sha256,
        "seed": image.seed,
        "favorite": image.favorite,
        "trashed_at": time_json(image.trashed_at),
        "visibility": image.seen_by,
        "created_at": time_json(image.created_at),
    }


def time_json(at: datetime | None) -> str | None:
    """Return the moment as ISO 8601 in UTC, to the millisecond."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
