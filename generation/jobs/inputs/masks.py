"""The area of an image that a job changes: a mask that was uploaded, or the sides to extend."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.files import storage
from generation.files.uploads import MAX_SIDE
from generation.imaging import extended_canvas, mask_image
from generation.imaging.image_decoding import InvalidImage
from generation.jobs.inputs import sources
from generation.jobs.inputs.sources import OwnImage, SourceMissing
from generation.models import Job
from generation.providers.payloads import InputImage, PayloadError
from generation.providers.payloads.comfyui import data_uri

FIELD = "mask"
NAME = "mask.png"


class EmptyMask(PayloadError):
    """No pixel of the mask is white: the model would return the image as it is, for its price."""


def check(*, user: User, mask_id: str, source: OwnImage) -> OwnImage:
    """Return the upload that a job uses as its mask.

    Raises:
        InvalidParameters: it is not an upload of the user, not a PNG, or not as large as the source
            image.
    """
    if max(source.width, source.height) > MAX_SIDE:
        detail = _("A part can be changed in images of up to %(max)d × %(max)d pixels.")
        raise _invalid("too_large", detail % {"max": MAX_SIDE})
    (mask,) = sources.check(user=user, ids=[mask_id], field=FIELD)
    if not mask.is_upload or not mask.key.endswith(".png"):
        raise _invalid("invalid", _("The mask must be an uploaded PNG image."))
    if (mask.width, mask.height) != (source.width, source.height):
        size = {"width": source.width, "height": source.height}
        detail = _("The mask must be as large as the source image: %(width)d × %(height)d pixels.")
        raise _invalid("size", detail % size)
    return mask


def apply(
    job: Job, images: Sequence[InputImage], *, own: Sequence[OwnImage], mask: OwnImage | None
) -> tuple[list[InputImage], InputImage | None]:
    """Return the source images and the mask that the provider gets.

    Reads the bucket, not the database.

    Args:
        job: whose sides are extended, if any.
        images: its source images as the provider would get them, from `sources.of_job`.
        own: the same images in the bucket.
        mask: the mask in the bucket.

    Raises:
        SourceMissing: an image has been deleted.
        EmptyMask: the mask marks nothing.
        PayloadError: a file is not an image.
    """
    listed = list(images)
    try:
        if job.outpaint:
            canvas, area = extended_canvas.extended(
                _read(own[0]), sides=job.outpaint, size=(job.width, job.height)
            )
            return [_embedded(listed[0], canvas), *listed[1:]], _mask(area)
        if mask is None:
            return listed, None
        area = mask_image.gray(_read(mask))
        if mask_image.is_empty(area):
            raise EmptyMask("the mask marks nothing")
        return listed, _mask(area)
    except InvalidImage as error:
        raise PayloadError(f"the area to change cannot be read: {error}") from error


def _read(image: OwnImage) -> bytes:
    try:
        return storage.read(image.key)
    except FileNotFoundError as error:
        raise SourceMissing from error


def _embedded(image: InputImage, data: bytes) -> InputImage:
    return replace(image, url=data_uri(data), data=data)


def _mask(data: bytes) -> InputImage:
    return InputImage(url=data_uri(data), name=NAME, data=data)


def _invalid(code: str, detail: str) -> InvalidParameters:
    return InvalidParameters([FieldError(field=FIELD, code=code, detail=detail)])
