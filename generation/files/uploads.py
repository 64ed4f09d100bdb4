"""Source images uploaded by users."""

import hashlib
import io

from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image
from uuid_utils.compat import uuid7

from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.files import bucket_threads, processing, storage
from generation.models import Upload
from generation.runpod.image import InvalidImage, decode

MAX_SIDE = 4096


class NotAnImage(Refusal):
    """The file is not a PNG, JPEG or WebP image that can be decoded."""

    def __init__(self) -> None:
        detail = _("This file isn’t a PNG, JPEG or WebP image.")
        super().__init__(errors=[FieldError("file", "invalid", detail)])


def keep(*, user: User, data: bytes) -> Upload:
    """Store the image upright, without its metadata (camera, place), at most MAX_SIDE px per side.

    Raises:
        NotAnImage: the bytes are not a decodable PNG, JPEG or WebP.
        artgen.unavailable.BucketAway: the bucket is not available.
    """
    try:
        info, image = decode(data)
    except InvalidImage as error:
        raise NotAnImage from error
    upright = processing.upright(image)
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    clean = Image.frombytes(upright.mode, upright.size, upright.tobytes())
    file = io.BytesIO()
    if info.content_type == "image/jpeg":
        clean.save(file, "JPEG", quality=95)
        content_type = "image/jpeg"
    else:
        clean.save(file, "PNG", compress_level=4)
        content_type = "image/png"
    upload_id, kept = uuid7(), file.getvalue()
    key = storage.upload_key(upload_id=upload_id, content_type=content_type)
    with bucket_threads.reading_or_writing():
        storage.save(key, kept, content_type=content_type)
    return Upload.objects.create(
        id=upload_id,
        user=user,
        key=key,
        width=clean.width,
        height=clean.height,
        bytes=len(kept),
        content_type=content_type,
        sha256=hashlib.sha256(kept).hexdigest(),
        created_at=timezone.now(),
    )
