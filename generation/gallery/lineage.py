"""Which images an image was made from, and which were made from it: edits, variants, finals."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from generation.catalog.source_roles import EDIT
from generation.models import Image, ImageQuerySet, Job, Upload


@dataclass(frozen=True)
class Source:
    """A draft or source image that still exists: `image_id` is None for an upload. Sizes in px."""

    image_id: UUID | None
    key: str
    thumbnail_key: str
    width: int
    height: int
    role: str
    """What the image is for, "" of a draft."""


def sources_of(job: Job) -> list[Source]:
    """Return the existing source images of the job, in order, after the draft that it finishes."""
    ids = list(map(UUID, [*([job.draft] if job.draft else []), *job.source_images]))
    if not ids:
        return []
    images = Image.objects.filter(user_id=job.user_id, id__in=ids).present()
    uploads = Upload.objects.filter(user_id=job.user_id, id__in=ids)
    sources = {
        image.id: Source(image.id, image.key, image.thumbnail_key, image.width, image.height, EDIT)
        for image in images
    } | {
        upload.id: Source(None, upload.key, upload.key, upload.width, upload.height, EDIT)
        for upload in uploads
    }
    roles = job.source_roles or [EDIT] * len(job.source_images)
    roles = ["", *roles] if job.draft else roles
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
        .filter(job__in=jobs_from(image.id, user=image.user_id))
        .select_related("job")
        .newest_first()
    )


def jobs_from(source_id: UUID, *, user: User | UUID) -> QuerySet[Job, Any]:
    """Return the ids of the user's jobs that change or finish this image, as a subquery."""
    jobs = Job.objects.of(user)
    # The indexes have only jobs with sources, and with drafts.
    edits = jobs.exclude(source_images=[]).filter(source_images__contains=[str(source_id)])
    finals = jobs.exclude(draft="").filter(draft=str(source_id))
    return edits.values("id").union(finals.values("id"))
