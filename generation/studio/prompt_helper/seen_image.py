"""What the text model sees of an image: a small copy, in the request itself."""

from django.conf import settings

from generation.files import bucket_threads, decoder_threads, storage
from generation.imaging import image_copies
from generation.providers.payloads.comfyui import data_uri

SIDE = 1024  # px. Models scale larger images down, and read more tokens
QUALITY = 85


def data_url(key: str) -> str:
    """Return a JPEG of at most SIDE px as a data: URL, without metadata of the file.

    Raises:
        FileNotFoundError: it was deleted.
        artgen.web.unavailable_page.BucketAway, decoder_threads.DecoderBusy: try again.
    """
    with bucket_threads.reading_or_writing():
        data = storage.read(key)
    with decoder_threads.limited():
        small = image_copies.as_format(
            data,
            format="jpeg",
            quality=QUALITY,
            side=SIDE,
            wait_seconds=settings.UPLOAD_WAIT_SECONDS,
        )
    return data_uri(small)
