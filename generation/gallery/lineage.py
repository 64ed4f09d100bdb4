"""Which images an image was made from, and which were made from it: edits, variants, finals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Expression, QuerySet

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
    drafts = [job.draft] if job.draft and job.draft not in job.source_images else []
    ids = list(map(UUID, [*drafts, *job.source_images]))
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
    roles = ["", *roles] if drafts else roles
    return [
        replace(sources[source_id], role=role)
        for source_id, role in zip(ids, roles, strict=True)
        if source_id in sources
    ]


def made_into(
    user: UUID | Expression, *, source: Sequence[str] | Expression, draft: str | Expression
) -> ImageQuerySet:
    """Return the images that were made from one, newest first, with their jobs.

    `source` is a list of its id, `draft` its id.
    """
    jobs = _jobs_from(user, source=source, draft=draft)
    return Image.objects.of(user).kept().filter(job__in=jobs).select_related("job").newest_first()


def jobs_from(source_id: UUID, *, user: User | UUID) -> QuerySet[Job, Any]:
    """Return the ids of the user's jobs that change or finish this image, as a subquery."""
    return _jobs_from(user, source=[str(source_id)], draft=str(source_id))


def _jobs_from(
    user: User | UUID | Expression,
    *,
    source: Sequence[str] | Expression,
    draft: str | Expression,
) -> QuerySet[Job, Any]:
    jobs = Job.objects.of(user)
    # The indexes have only jobs with sources, and with drafts.
    edits = jobs.exclude(source_images=[]).filter(source_images__contains=source)
    finals = jobs.exclude(draft="").filter(draft=draft)
    return edits.values("id").union(finals.values("id"))
