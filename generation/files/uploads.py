"""Source images uploaded by users."""

import hashlib
import io
import logging
import math
from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from artgen.database.raw_sql import Condition
from artgen.refusals import FieldError, Refusal, Unavailable
from artgen.web import formatting
from artgen.web.unavailable_page import BucketAway
from generation.files import bucket_threads, decoder_threads, object_keys, storage, storage_limits
from generation.imaging import decoding_turn, image_copies
from generation.imaging.image_decoding import (
    AnimatedImage,
    ImageInfo,
    InvalidImage,
    TooManyPixels,
    UnknownFormat,
    decode,
    read_header,
)
from generation.models import Upload

log = logging.getLogger(__name__)

MAX_SIDE = 4096


class UnusableImage(Refusal):
    """The file cannot be a source image; `reason` is the code of its field in the API."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(errors=[FieldError("file", reason, detail)])


def read(file: "UploadedFile[Any]") -> bytes:
    """Return the bytes of an image; raise UnusableImage for too many of them."""
    size = file.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        values = {"name": file.name, "size": formatting.number(math.ceil(size / 1e6))}
        raise UnusableImage("too_large", too_large() % values)
    return cast(bytes, file.read())


def too_large() -> str:
    """Return the text of a file that is too large, with `%(name)s` and `%(size)s` to fill in."""
    return _("%(name)s is %(size)s MB. A source image can be up to %(limit)s MB.") % {
        "name": "%(name)s",
        "size": "%(size)s",
        "limit": settings.UPLOAD_MAX_BYTES // 1_000_000,
    }


def check(data: bytes) -> ImageInfo:
    """Return the properties in the file's header; raise UnusableImage."""
    try:
        return read_header(data, max_pixels=settings.UPLOAD_MAX_PIXELS)
    except InvalidImage as error:
        raise _unusable(data, error) from error


def check_room(user: User) -> None:
    """Raise StorageFull if the user's uploads take as many bytes as they may."""
    limit = storage_limits.upload_limit(user)
    if limit is not None and storage_limits.bytes_of_uploads(user) >= limit:
        raise storage_limits.uploads_full(limit)


def keep(*, user: User, data: bytes) -> Upload:
    """Store the image upright, without its metadata (camera, place), at most MAX_SIDE px per side.

    Raises:
        UnusableImage: the bytes are not a decodable PNG, JPEG or WebP of one frame, or have more
            than UPLOAD_MAX_PIXELS.
        decoder_threads.DecoderBusy: this process decodes other images.
        storage_limits.StorageFull: the user's uploads would take more bytes than they may.
        artgen.web.unavailable_page.BucketAway: the bucket is not available.
    """
    info = check(data)
    check_room(user)
    with (
        decoder_threads.limited(),
        decoding_turn.alone(wait_seconds=settings.UPLOAD_WAIT_SECONDS),
    ):
        content_type, size, kept = _cleaned(data, info)
    upload = _reserve(user=user, content_type=content_type, size=size, data=kept)
    try:
        with bucket_threads.reading_or_writing():
            storage.save(upload.key, kept, content_type=content_type)
    except BucketAway as away:
        if away.__cause__ is None:  # it was not asked
            upload.delete()
        else:  # it may store the file yet: both are left to the cleanup
            unstored = Upload.objects.filter(pk=upload.pk)
            unstored.update(bytes=0, expired_at=timezone.now())
        raise
    except Exception:
        upload.delete()
        raise
    return upload


def discard(uploads: Collection[Upload]) -> None:
    """Delete uploads that no job uses because the request that sent them was refused."""
    try:
        for upload in uploads:
            with bucket_threads.reading_or_writing():
                storage.delete(upload.key)
            upload.delete()
    except Unavailable:
        log.warning("unused uploads are left for the cleanup", exc_info=True)


def _cleaned(data: bytes, info: ImageInfo) -> tuple[str, tuple[int, int], bytes]:
    """Return content type, size in px and bytes of the file to store; raise UnusableImage."""
    try:
        decoded = decode(data, max_pixels=settings.UPLOAD_MAX_PIXELS)[1]
    except InvalidImage as error:
        raise _unusable(data, error) from error
    image = image_copies.upright(image_copies.within(decoded, side=MAX_SIDE))
    del decoded  # an encoder needs memory, too
    image.info.clear()  # encoders would write parts of it
    file = io.BytesIO()
    if info.content_type == "image/jpeg":
        image.save(file, "JPEG", quality=95)
        return "image/jpeg", image.size, file.getvalue()
    image.save(file, "PNG", compress_level=4)
    return "image/png", image.size, file.getvalue()


def _unusable(data: bytes, error: InvalidImage) -> UnusableImage:
    """Return the refusal that says what is wrong with the file, and what to do."""
    if not data:
        return UnusableImage("invalid", _("The file is empty."))
    if isinstance(error, TooManyPixels):
        megapixels = {
            "megapixels": formatting.number(-(-error.width * error.height // 1_000_000)),
            "limit": formatting.number(error.limit // 1_000_000),
        }
        detail = _("The image has %(megapixels)s megapixels. The limit is %(limit)s.")
        return UnusableImage("too_many_pixels", detail % megapixels)
    if isinstance(error, AnimatedImage):
        detail = _("Animated images aren’t supported. Upload a single frame.")
        return UnusableImage("animated", detail)
    if isinstance(error, UnknownFormat):
        return UnusableImage("invalid", _("This file isn’t a PNG, JPEG or WebP image."))
    detail = _("The image can’t be read and may be damaged. Save it again as PNG or JPEG.")
    return UnusableImage("invalid", detail)


def _reserve(*, user: User, content_type: str, size: tuple[int, int], data: bytes) -> Upload:
    """Insert the row before its file, so that its bytes count; raise StorageFull.

    A process that dies in between leaves a row without a file, which the cleanup deletes.
    """
    upload_id = uuid7()
    with transaction.atomic():
        # Concurrent uploads of one user are counted one at a time.
        owner = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        limit = storage_limits.upload_limit(owner)
        if limit is not None and storage_limits.bytes_of_uploads(owner) + len(data) > limit:
            raise storage_limits.uploads_full(limit)
        return Upload.objects.create(
            id=upload_id,
            user=user,
            key=object_keys.upload_key(upload_id=upload_id, content_type=content_type),
            width=size[0],
            height=size[1],
            bytes=len(data),
            content_type=content_type,
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=timezone.now(),
        )


USABLE = """(
    SELECT COUNT(*) FROM (
        SELECT id FROM generation_upload
        WHERE id = ANY(%s) AND expired_at IS NULL
        FOR KEY SHARE
    ) AS usable
) = %s"""


def usable(upload_ids: Collection[UUID]) -> Condition:
    """Return SQL that is true while these uploads may be used, and its values.

    It locks their rows, so that the cleanup does not expire one that a job is about to use.
    """
    return (USABLE, list(upload_ids), len(upload_ids)) if upload_ids else ("TRUE",)
