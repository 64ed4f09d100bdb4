"""The source images of a job: ids of one's own uploads and images, and what RunPod gets for them."""

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
from generation.jobs import reachability
from generation.models import Image, ImageQuerySet, Job, Upload
from generation.runpod import fitting
from generation.runpod.client import BODY_MOST
from generation.runpod.payloads import Dialect, Source
from generation.runpod.payloads.comfyui import data_uri

log = logging.getLogger(__name__)

FIELD = "source_images"
REST_OF_BODY = 50_000  # bytes beside the sources: field names, policy, webhook, a style's words around the prompt


class SourceMissing(Exception):
    """A source image has been removed since the job was placed."""


@dataclass(frozen=True)
class Known:
    """An upload or image of the user's: its id, key in the bucket, width and height in pixels, bytes of the file."""

    id: UUID
    key: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class Way:
    """How the sources of a job get to RunPod."""

    inside: bool  # inside the request, not by address
    reduced: bool = False  # they are too large for it and will be scaled down


def check(*, user: User, ids: Sequence[str]) -> list[Known]:
    """Return the images in order; raises InvalidParameters unless each is an own upload or image."""
    try:
        wanted = [UUID(one) for one in ids]
    except ValueError:
        wanted = []
    known = _known(user_id=user.id, ids=wanted, images=Image.objects.present())
    if len(wanted) != len(ids) or len(known) != len(set(wanted)):
        detail = _("Image not found.")
        raise InvalidParameters([FieldError(field=FIELD, code="does_not_exist", detail=detail)])
    return [known[one] for one in wanted]


def way(sources: Sequence[Known], *, dialect: Dialect, beside: Mapping[str, Any]) -> Way:
    """Return how these sources will travel; `beside` is whatever else the request holds, such as the workflow.

    Raises:
        InvalidParameters: they cannot get to RunPod at all.
    """
    if not sources or not (dialect.needs_data or not _reachable(sources)):
        return Way(inside=False)
    if dialect.needs_address:
        detail = _(
            "This model loads source images from the internet, but this site isn’t reachable from there."
        )
        raise InvalidParameters([FieldError(field=FIELD, code="not_reachable", detail=detail)])
    room = _room(beside)
    if room < fitting.ROOM_LEAST * len(sources):
        detail = _("The source images don’t fit in the request to the GPU. Use fewer.")
        raise InvalidParameters([FieldError(field=FIELD, code="too_large", detail=detail)])
    return Way(
        inside=True, reduced=not fitting.fits([source.bytes for source in sources], room=room)
    )


def of_job(job: Job, *, with_data: bool) -> list[Source]:
    """Return what RunPod gets, in order: short-lived URLs, or the bytes where RunPod cannot fetch those.

    `with_data`: the dialect sends bytes in any case. Bytes are made to fit into the request.

    Raises:
        SourceMissing: a source image is gone.
    """
    ids = [UUID(one) for one in job.source_images]
    # An emptied trash takes files within the hour: what was placed before may still be drawn from.
    known = _known(user_id=job.user_id, ids=ids, images=Image.objects.all())
    if len(known) != len(set(ids)):
        raise SourceMissing
    chosen = [known[one] for one in ids]
    names = [source.key.rsplit("/", 1)[-1] for source in chosen]
    urls = [storage.absolute_url(source.key) for source in chosen]
    if not with_data and _reachable(chosen):
        return [Source(url=url, name=name) for url, name in zip(urls, names, strict=True)]
    try:
        files = [storage.read(source.key) for source in chosen]
    except FileNotFoundError as error:
        raise SourceMissing from error
    fitted = fitting.fit(files, room=_room({**job.parameters, **job.snapshot}))
    for file, one in zip(files, fitted, strict=True):
        if one.size:
            told = f"{len(file)} to {len(one.data)} bytes, {one.size[0]}x{one.size[1]} px"
            log.info(
                "source image reduced to fit into the request",
                extra={"job": str(job.id), "reduced": told},
            )
    if with_data:
        return [
            Source(url=url, name=name, data=one.data)
            for url, name, one in zip(urls, names, fitted, strict=True)
        ]
    return [
        Source(url=data_uri(one.data), name=name) for name, one in zip(names, fitted, strict=True)
    ]


def _reachable(sources: Sequence[Known]) -> bool:
    return all(reachability.by_runpod(storage.absolute_url(source.key)) for source in sources)


def _room(beside: Mapping[str, Any]) -> int:
    """Return the bytes that sources may take of a request that also holds `beside`."""
    told = json.dumps(beside, ensure_ascii=False, default=str).encode()
    return BODY_MOST - REST_OF_BODY - 2 * len(told)


def _known(*, user_id: UUID, ids: Sequence[UUID], images: ImageQuerySet) -> dict[UUID, Known]:
    if not ids:
        return {}
    columns = ("id", "key", "width", "height", "bytes")
    uploads = Upload.objects.filter(user_id=user_id, id__in=ids).values_list(*columns)
    own = images.filter(user_id=user_id, id__in=ids).values_list(*columns)
    return {row[0]: Known(*row) for row in (*uploads, *own)}
