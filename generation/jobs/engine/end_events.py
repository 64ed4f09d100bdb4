"""What a user's webhooks and browsers are sent when a job, or the last of its batch, has ended."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, TypedDict
from uuid import UUID

from accounts.models import WebhookTopic
from accounts.webhooks import outbox
from accounts.webhooks.outbox import WebhookEvent, wants
from artgen.api.json_types import IdText, MomentText, Slug
from artgen.api.times import optional_time_json, time_json
from generation.files import storage
from generation.models import FINAL, Job, Status


class JobEndErrorJson(TypedDict):
    """Why a job failed."""

    code: str


class JobEndJson(TypedDict):
    """A job that has ended."""

    id: IdText
    status: Annotated[str, Status]
    model: Slug
    batch: IdText | None
    credits: Annotated[int, "What was charged: 0 without an image."]
    created_at: MomentText
    finished_at: MomentText | None
    error: JobEndErrorJson | None
    images: list[IdText]
    urls: Annotated[list[str], "Of the images, for an hour; later `GET /api/v1/images/ID/`."]


class BatchEndJson(TypedDict):
    """A batch whose last job has ended."""

    id: IdText
    jobs: Annotated[dict[str, int], "How many have ended with which status."]


def write(job: Job, *, topics: str) -> None:
    """Write the events of this end; `topics` are those of its user, usually none.

    Call it after the end of its hold: that has locked the user's row, so of the last two jobs of a
    batch, which end at the same moment, one sees the other.
    """
    if not topics or job.is_trial:
        return
    events = []
    if job.webhook or wants(topics, WebhookTopic.JOBS):
        type, data = f"job.{job.status}", job_data(job)
        events.append(WebhookEvent(WebhookTopic.JOBS, type, data, named={job.webhook}))
    is_pushed = outbox.is_pushed(topics)
    batch, named = _batch_data(job, job.batch) if job.batch else (None, set())
    if batch and (named or wants(topics, WebhookTopic.BATCHES)):
        events.append(WebhookEvent(WebhookTopic.BATCHES, "batch.ended", batch, named=named))
    if events:
        outbox.write(job.user_id, events)
    if is_pushed and (batch or not job.batch):
        _push_run(job, batch["jobs"] if batch else {str(job.status): 1})


def _push_run(job: Job, jobs: Mapping[str, int]) -> None:
    """Tell the user's browsers how a run has ended; not if its user has canceled all of it."""
    ready, failed = (jobs.get(str(status), 0) for status in (Status.SUCCEEDED, Status.FAILED))
    if ready or failed:
        run = str(job.batch or job.id)
        outbox.write_push(job.user_id, {"run": run, "ready": ready, "failed": failed})


def job_data(job: Job) -> JobEndJson:
    images = job.new_images or ()
    return {
        "id": str(job.id),
        "status": str(job.status),
        "model": job.model.slug,
        "batch": str(job.batch) if job.batch else None,
        "credits": job.credits if job.status == Status.SUCCEEDED else 0,
        "created_at": time_json(job.created_at),
        "finished_at": optional_time_json(job.finished_at),
        "error": {"code": job.error_code} if job.status == Status.FAILED else None,
        "images": [str(image.id) for image in images],
        "urls": [storage.absolute_url(image.key) for image in images],
    }


def _batch_data(job: Job, batch: UUID) -> tuple[BatchEndJson | None, set[str]]:
    """Return how the jobs of this batch have ended, None while one has not; and their webhooks."""
    jobs = Job.objects.filter(batch=batch, user_id=job.user_id)
    if jobs.active().exists():
        return None, set()
    rows = list(jobs.values_list("status", "webhook"))
    counts = Counter(status for status, _webhook in rows)
    data: BatchEndJson = {
        "id": str(batch),
        "jobs": {str(status): counts[status] for status in FINAL},
    }
    return data, {webhook for _status, webhook in rows if webhook}
