"""Small copies of images for assistants, which refuse or drop large ones."""

from uuid import UUID

from django.conf import settings

from accounts.models import User
from generation.files import bucket_threads, decoder_threads, storage
from generation.imaging import image_copies
from generation.models import Image

MAX_BYTES = 60_000
TRIES = ((512, 80), (512, 60), (512, 35), (320, 35), (192, 35))
"""Side in px and quality of the JPEG; the first that is small enough is sent."""


def preview_of(image_id: UUID, *, user: User) -> bytes | None:
    """Return a JPEG of the user's own image, None if it was deleted; raises `BucketAway`,
    `DecoderBusy`."""
    key = Image.objects.of(user).filter(id=image_id).values_list("thumbnail_key", flat=True).first()
    if key is None:
        return None
    try:
        with bucket_threads.reading_or_writing():
            data = storage.read(key)
    except FileNotFoundError:
        return None
    with decoder_threads.limited():
        for side, quality in TRIES:
            preview = image_copies.as_format(
                data,
                format="jpeg",
                side=side,
                quality=quality,
                wait_seconds=settings.UPLOAD_WAIT_SECONDS,
            )
            if len(preview) <= MAX_BYTES:
                return preview
    return None
