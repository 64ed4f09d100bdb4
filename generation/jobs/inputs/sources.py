"""The source images of a job: ids of the user's uploads and images, and what the provider gets."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.files import storage
from generation.imaging import fitting
from generation.jobs.inputs import reachability
from generation.models import Image, ImageQuerySet, Job, Upload, UploadQuerySet
from generation.providers.payloads import Dialect, InputImage
from generation.providers.payloads.comfyui import data_uri
from generation.providers.provider import MAX_BODY_BYTES

log = logging.getLogger(__name__)

FIELD = "source_images"
REST_OF_BODY = 50_000  # bytes for field names, policy, webhook and style template


class SourceMissing(Exception):
    """A source image has been deleted since the job was placed."""


@dataclass(frozen=True)
class OwnImage:
    """An upload or image of the user: key in the bucket, size in px, length of the file."""

    id: UUID
    key: str
    width: int
    height: int
    bytes: int
    is_upload: bool
    shows_upload: bool
    """It is an upload, or was made by changing one."""


def check(*, user: User, ids: Sequence[str], field: str = FIELD) -> list[OwnImage]:
    """Return the images in order. Raises InvalidParameters unless all belong to the user.

    `field` is named in the error.
    """
    if not ids:
        return []  # most orders: building a query takes a tenth of their time
    try:
        image_ids = [UUID(image_id) for image_id in ids]
    except ValueError:
        image_ids = []
    images = _known(
        user_id=user.id,
        ids=image_ids,
        images=Image.objects.present(),
        uploads=Upload.objects.usable(),
    )
    if len(image_ids) != len(ids) or len(images) != len(set(image_ids)):
        raise missing(field)
    return [images[image_id] for image_id in image_ids]


def missing(field: str) -> InvalidParameters:
    """Return the refusal of an image that is not the user's or has been deleted."""
    detail = _("Image not found.")
    return InvalidParameters([FieldError(field=field, code="does_not_exist", detail=detail)])


def must_be_reduced(
    sources: Sequence[OwnImage], *, dialect: Dialect, beside: Mapping[str, Any]
) -> bool:
    """Return whether these images are sent in the request and must be scaled down to fit.

    `beside` is the rest of the request.

    Raises:
        InvalidParameters: they cannot get to the provider.
    """
    if not sources or not (dialect.needs_data or not _reachable(sources)):
        return False
    if dialect.needs_address:
        detail = _(
            "This model loads source images from the internet, "
            "but this site isn’t reachable from there."
        )
        raise InvalidParameters([FieldError(field=FIELD, code="not_reachable", detail=detail)])
    room = _room(beside)
    if room < fitting.MIN_BYTES_PER_IMAGE * len(sources):
        detail = _("The source images don’t fit in the request to the GPU. Use fewer.")
        raise InvalidParameters([FieldError(field=FIELD, code="too_large", detail=detail)])
    return not fitting.fits([source.bytes for source in sources], room=room)


def chosen(job: Job) -> list[OwnImage]:
    """Return the source images of a job, in order, and at the end its mask if it has one.

    Raises SourceMissing if one was deleted.
    """
    ids = [UUID(image_id) for image_id in (*job.source_images, *([job.mask] if job.mask else []))]
    # Files are deleted within an hour after the trash was emptied: jobs may still use them.
    images = _known(
        user_id=job.user_id, ids=ids, images=Image.objects.all(), uploads=Upload.objects.all()
    )
    if len(images) != len(set(ids)):
        raise SourceMissing
    return [images[image_id] for image_id in ids]


def of_job(
    job: Job, own: Sequence[OwnImage], *, with_data: bool, is_embedded: bool = False
) -> list[InputImage]:
    """Return what the provider gets, in order: short-lived URLs, or bytes if it cannot fetch those.

    Reads the bucket, not the database.

    Args:
        job: whose parameters share the request with the bytes.
        own: its source images, from `chosen`.
        with_data: the dialect always needs bytes. Bytes are reduced to fit into the request.
        is_embedded: the provider fetches nothing: addresses are data: URIs.

    Raises:
        SourceMissing: a source image has been deleted.
    """
    names = [source.key.rsplit("/", 1)[-1] for source in own]
    urls = [storage.absolute_url(source.key) for source in own]
    if not (with_data or is_embedded) and _reachable(own):
        return [InputImage(url=url, name=name) for url, name in zip(urls, names, strict=True)]
    try:
        files = [storage.read(source.key) for source in own]
    except FileNotFoundError as error:
        raise SourceMissing from error
    fitted = fitting.fit(files, room=_room({**job.parameters, **job.snapshot}))
    for file, image in zip(files, fitted, strict=True):
        if image.size:
            reduced = f"{len(file)} to {len(image.data)} bytes, {image.size[0]}x{image.size[1]} px"
            log.info(
                "source image reduced to fit into the request",
                extra={"job": str(job.id), "reduced": reduced},
            )
    if with_data:
        return [
            InputImage(url=url, name=name, data=image.data)
            for url, name, image in zip(urls, names, fitted, strict=True)
        ]
    return [
        InputImage(url=data_uri(image.data), name=name)
        for name, image in zip(names, fitted, strict=True)
    ]


def _reachable(sources: Sequence[OwnImage]) -> bool:
    return all(reachability.by_runpod(storage.absolute_url(source.key)) for source in sources)


def _room(beside: Mapping[str, Any]) -> int:
    """Return how many bytes of a request with `beside` are left for source images."""
    rest = json.dumps(beside, ensure_ascii=False, default=str).encode()
    return MAX_BODY_BYTES - REST_OF_BODY - 2 * len(rest)


def _known(
    *, user_id: UUID, ids: Sequence[UUID], images: ImageQuerySet, uploads: UploadQuerySet
) -> dict[UUID, OwnImage]:
    if not ids:
        return {}
    columns = ("id", "key", "width", "height", "bytes")
    uploaded = uploads.filter(user_id=user_id, id__in=ids).values_list(*columns)
    own = images.filter(user_id=user_id, id__in=ids)
    made = own.values_list(*columns, "job__snapshot__shows_upload")
    return {
        pk: OwnImage(pk, key, width, height, size, is_upload, shows_upload=is_upload or bool(shows))
        for rows, is_upload in (([(*row, None) for row in uploaded], True), (made, False))
        for pk, key, width, height, size, shows in rows
    }
