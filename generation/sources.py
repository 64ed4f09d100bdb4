"""The source pictures of a job: ids of one's own uploads and pictures, and what RunPod gets for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from generation import storage
from generation.catalog import FieldError, InvalidParameters
from generation.models import Image, ImageQuerySet, Job, Upload
from generation.runpod.payloads import Source


class SourceMissing(Exception):
    """A source picture has been removed since the job was placed."""


@dataclass(frozen=True)
class Known:
    """An upload or picture of the user's: its id, key in the bucket, width and height in pixels."""

    id: UUID
    key: str
    width: int
    height: int


def check(*, user: User, ids: Sequence[str]) -> list[Known]:
    """Return the pictures in order; raises InvalidParameters unless each is an own upload or picture."""
    try:
        wanted = [UUID(one) for one in ids]
    except ValueError:
        wanted = []
    known = _known(user_id=user.id, ids=wanted, images=Image.objects.present())
    if len(wanted) != len(ids) or len(known) != len(set(wanted)):
        detail = _("There is no such picture among yours.")
        raise InvalidParameters([FieldError(field="source_images", code="does_not_exist", detail=detail)])
    return [known[one] for one in wanted]


def of_job(job: Job, *, with_data: bool) -> list[Source]:
    """Return what RunPod gets, in order: short-lived URLs, and the bytes where the dialect sends those.

    Raises:
        SourceMissing: a source picture is gone.
    """
    ids = [UUID(one) for one in job.source_images]
    # An emptied trash takes files within the hour: what was placed before may still be drawn from.
    known = _known(user_id=job.user_id, ids=ids, images=Image.objects.all())
    if len(known) != len(set(ids)):
        raise SourceMissing
    try:
        return [
            Source(
                url=storage.absolute_url(known[one].key),
                name=known[one].key.rsplit("/", 1)[-1],
                data=storage.read(known[one].key) if with_data else None,
            )
            for one in ids
        ]
    except FileNotFoundError as error:
        raise SourceMissing from error


def _known(*, user_id: UUID, ids: Sequence[UUID], images: ImageQuerySet) -> dict[UUID, Known]:
    if not ids:
        return {}
    columns = ("id", "key", "width", "height")
    uploads = Upload.objects.filter(user_id=user_id, id__in=ids).values_list(*columns)
    own = images.filter(user_id=user_id, id__in=ids).values_list(*columns)
    return {row[0]: Known(*row) for row in (*uploads, *own)}
