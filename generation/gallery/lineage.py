"""Which images an image was made from, and which were made from it."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from generation.catalog.source_roles import EDIT
from generation.models import Image, ImageQuerySet, Job, Upload


@dataclass(frozen=True)
class Source:
    """A source image that still exists: `image_id` is None for an upload. Sizes in px."""

    image_id: UUID | None
    key: str
    thumbnail_key: str
    width: int
    height: int
    role: str
    """What the image is for."""


def sources_of(job: Job) -> list[Source]:
    """Return the existing source images of the job, in order."""
    if not job.source_images:
        return []
    ids = list(map(UUID, job.source_images))
    images = Image.objects.filter(user_id=job.user_id, id__in=ids).present()
    uploads = Upload.objects.filter(user_id=job.user_id, id__in=ids)
    sources = {
        image.id: Source(image.id, image.key, image.thumbnail_key, image.width, image.height, EDIT)
        for image in images
    } | {
        upload.id: Source(None, upload.key, upload.key, upload.width, upload.height, EDIT)
        for upload in uploads
    }
    roles = job.source_roles or [EDIT] * len(ids)
    return [
        replace(sources[source_id], role=role)
        for source_id, role in zip(ids, roles, strict=True)
        if source_id in sources
    ]


def made_into(image: Image) -> ImageQuerySet:
    """Return the images that were made from this one, newest first, with their jobs."""
    return (
        Image.objects.of(image.user_id)
        .kept()
        .filter(sourced=True, job__in=jobs_from(image.id, user=image.user_id))
        .select_related("job")
        .newest_first()
    )


def jobs_from(source_id: UUID, *, user: User | UUID) -> QuerySet[Job, Any]:
    """Return the ids of the user's jobs that have this source image, as a subquery."""
    # The index of sources has only these.
    jobs = Job.objects.of(user).exclude(source_images=[])
    return jobs.filter(source_images__contains=[str(source_id)]).values("id")
