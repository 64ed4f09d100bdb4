"""The Job JSON and the Image JSON of the API, the socket and the pages."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Protocol, TypedDict, cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from artgen.api.json_types import IdText, MomentText, Slug
from artgen.api.times import optional_time_json, time_json
from artgen.database.compiled_queries import CompiledQuery, is_any_of
from generation.catalog.job_parameters import JOB_FIELDS, JOB_PARAMETERS, NULL_IF_EMPTY
from generation.files import storage
from generation.jobs import eta
from generation.jobs.eta import EtaJson, Forecast, JobOutlook
from generation.jobs.live import status_text
from generation.jobs.live.status_text import Phase
from generation.models import FINAL, Image, Job, Status, Visibility, seen_by, tag_names
from generation.models.images import SharedRow, TaggedRow


class SavedFromJson(TypedDict):
    """Where a saved copy of a shared image is from."""

    author: Annotated[str, "The name of its owner; empty if it was not shown."]


class ImageJson(TypedDict):
    """An image. `sha256`, `width`, `height` and `bytes` describe the file at `url`."""

    id: IdText
    job: Annotated[IdText | None, "Null for a saved copy."]
    saved_from: Annotated[
        SavedFromJson | None, "Of a copy of another user’s shared image, else null."
    ]
    url: Annotated[str, "Expires; request the image again for a new one."]
    thumbnail_url: Annotated[str, "WebP; expires like `url`."]
    placeholder: Annotated[str, "A tiny WebP image as a data: URI, to show while the image loads."]
    width: int
    height: int
    bytes: int
    content_type: str
    sha256: str
    seed: Annotated[int | None, "Null for a saved copy whose page did not show it."]
    favorite: bool
    note: Annotated[str, "What you wrote about the image; only you see it."]
    tags: Annotated[list[str], "Your tags; only you see them."]
    trashed_at: MomentText | None
    visibility: Annotated[
        str,
        Visibility,
        "Who can see it now. `public` only while it is on /explore/; `link` only until the link "
        "expires.",
    ]
    created_at: MomentText


class JobErrorJson(TypedDict):
    """Why a job failed."""

    code: Annotated[str, "Stable, for use in code."]
    message: Annotated[str, "Human-readable."]


class _JobStateJson(TypedDict):
    id: IdText
    status: Annotated[str, Status]
    progress: Annotated[float | None, "0 to 1; null if unknown."]
    step: int | None
    step_count: int | None
    queue_position: Annotated[int | None, "Jobs before this one; only while queued."]
    eta_seconds: EtaJson | None
    parked_until: Annotated[
        MomentText | None,
        "Until then a queued job waits for a budget of the site, else null. It may start earlier: "
        "if the budget is raised, or other jobs cost less than expected.",
    ]
    phase: Annotated[str, "What is happening; human-readable."]
    phase_detail: str
    model: Slug


JobParametersJson = TypedDict(  # type: ignore[misc]
    "JobParametersJson", {parameter.name: parameter.json_type for parameter in JOB_PARAMETERS}
)


class JobJson(_JobStateJson, JobParametersJson):
    """A job: one image to generate, or several where the model returns several at once."""

    batch: IdText | None
    credits: Annotated[
        int,
        "Held while active; charged on success, else returned, unless its cancellation cost them.",
    ]
    attempt: int
    version: Annotated[int, "Only grows: the higher version is newer."]
    created_at: MomentText
    started_at: MomentText | None
    finished_at: Annotated[MomentText | None, "Set exactly when the status is final."]
    error: JobErrorJson | None
    images: list[ImageJson]


class JobRow(Protocol):
    """A job, or a row with these columns."""

    id: UUID
    status: str
    progress: float | None
    step: int | None
    step_count: int | None
    batch: UUID | None
    credits: int
    attempt: int
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str


JOB_COLUMNS = (*JobRow.__annotations__, "model__slug", "parked_until", *JOB_FIELDS)
"""The columns of the Job JSON of a final job; its images apart."""


class ImageRow(SharedRow, TaggedRow, Protocol):
    """An image, or a row with these columns."""

    id: UUID
    job_id: UUID | None
    key: str
    thumbnail_key: str
    placeholder: str
    width: int
    height: int
    bytes: int
    content_type: str
    sha256: str
    seed: int | None
    favorite: bool
    note: str
    trashed_at: datetime | None
    created_at: datetime


class SavedRow(ImageRow, Protocol):
    saved__author__name: str
    saved__author__is_active: bool


IMAGE_COLUMNS = (*ImageRow.__annotations__, "tags", "visibility", "link_slug", "link_until")
"""The columns of the Image JSON of a job's image."""
SAVED_COLUMNS = tuple(SavedRow.__annotations__)
"""What the Image JSON of a saved copy has beside those."""

_parameters_of = attrgetter(*JOB_FIELDS)


def _images_of_jobs(job_ids: object) -> QuerySet[Image, Any]:
    images = Image.objects.filter(is_any_of("job_id", job_ids)).order_by("position")
    return images.values_list(*IMAGE_COLUMNS)


IMAGES_OF_JOBS = CompiledQuery(_images_of_jobs, names=IMAGE_COLUMNS)


def job_json(job: Job, *, forecast: Forecast | None = None) -> JobJson:
    """Return the Job JSON; fetch the job with `Job.objects.with_all()` to save queries.

    `forecast` covers the models of active jobs; without it, it is queried.
    """
    now = timezone.now()
    outlook = (forecast or eta.of_jobs([job])).outlook(job, now=now)
    phase = status_text.of_job(job, outlook, now=now)
    return _job_json(job, outlook, phase, model=job.model.slug, images=_images_of(job))


def _images_of(job: Job) -> Sequence[Image]:
    if job.status != Status.SUCCEEDED:
        return ()  # images are stored in the transaction of the success
    return list(job.images.all()) if job.new_images is None else job.new_images


def jobs_json(jobs: Sequence[Job]) -> list[JobJson]:
    forecast = eta.of_jobs(jobs)
    return [job_json(job, forecast=forecast) for job in jobs]


def job_rows_json(rows: Sequence[Any]) -> list[JobJson]:
    """Return the Job JSON of named rows of JOB_COLUMNS, in a third of the time of model instances.

    Active jobs are fetched again, as instances.
    """
    now = timezone.now()
    ids = [row.id for row in rows if row.status not in FINAL]
    whole = {job.id: job for job in Job.objects.filter(id__in=ids).for_forecast()} if ids else {}
    forecast = eta.of_jobs(whole.values())
    done = [row.id for row in rows if row.status == Status.SUCCEEDED and row.id not in whole]
    images: dict[UUID, list[Any]] = {}
    for image in IMAGES_OF_JOBS.rows(job_ids=done) if done else ():
        images.setdefault(image.job_id, []).append(image)
    outlook, success = JobOutlook(), status_text.of_success()

    def final_json(row: Any) -> JobJson:
        is_success = row.status == Status.SUCCEEDED
        phase = success if is_success else status_text.of_job(row, outlook, now=now)
        return _job_json(row, outlook, phase, model=row.model__slug, images=images.get(row.id, []))

    return [
        job_json(whole[row.id], forecast=forecast) if row.id in whole else final_json(row)
        for row in rows
    ]


def _job_json(
    job: JobRow, outlook: JobOutlook, phase: Phase, *, model: str, images: Sequence[ImageRow]
) -> JobJson:
    failed = job.status == Status.FAILED
    parameters = dict(zip(JOB_FIELDS, _parameters_of(job), strict=True))
    for name in NULL_IF_EMPTY:
        parameters[name] = parameters[name] or None
    return {
        "id": str(job.id),
        "status": job.status,
        "progress": job.progress,
        "step": job.step,
        "step_count": job.step_count,
        "queue_position": outlook.position.before if outlook.position else None,
        "eta_seconds": outlook.left.as_json() if outlook.left else None,
        "parked_until": optional_time_json(outlook.parked_until),
        "phase": phase.title,
        "phase_detail": phase.detail,
        "model": model,
        **cast(JobParametersJson, parameters),
        "batch": str(job.batch) if job.batch else None,
        "credits": job.credits,
        "attempt": job.attempt,
        "version": job.version,
        "created_at": time_json(job.created_at),
        "started_at": optional_time_json(job.started_at),
        "finished_at": optional_time_json(job.finished_at),
        "error": {"code": job.error_code, "message": status_text.error_message(job.error_code)}
        if failed
        else None,
        "images": [image_json(image) for image in images],
    }


def image_json(image: ImageRow) -> ImageJson:
    """Return the Image JSON; its URLs expire. A row of a saved copy is a `SavedRow`."""
    return {
        "id": str(image.id),
        "job": str(image.job_id) if image.job_id else None,
        "saved_from": None if image.job_id else {"author": _author_of(image)},
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
        "note": image.note,
        "tags": tag_names(image),
        "trashed_at": optional_time_json(image.trashed_at),
        "visibility": seen_by(image),
        "created_at": time_json(image.created_at),
    }


def _author_of(copy: ImageRow) -> str:
    if isinstance(copy, Image):
        return copy.saved.author_name
    row = cast(SavedRow, copy)
    return row.saved__author__name if row.saved__author__is_active else ""
