"""Answers with the file of one image: as it is stored, as WebP, or without its parameters."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import content_disposition_header

from generation.files import bucket_threads, decoder_threads, storage
from generation.files.download_names import filename
from generation.imaging import image_copies, metadata
from generation.models import Image

# Long enough to load the files of a page. Later requests of a shared one go through
# /s/SLUG/picture/, which checks again whether the image is shared.
FILE_SECONDS = 600


def file_of(image: Image, kind: str = "original", *, is_saved: bool = True) -> HttpResponse:
    """Redirect to the file, or send a copy: `kind` is "original", "webp" or "bare".

    `is_saved`: the browser saves it, "bare" under a neutral name, with a label where the operator
    wants one. The image was fetched with its origin.
    """
    is_converted = kind == "webp" and image.content_type != "image/webp"
    label = settings.DRAWN_LABEL if is_saved else ""
    if kind != "bare" and not is_converted and not label:
        if is_saved:
            address = storage.download_url(image.key, filename=filename(image))
        else:
            address = storage.url(image.key, seconds=FILE_SECONDS)
        response: HttpResponse = HttpResponseRedirect(address)
    else:
        data = _read(image)
        if kind == "bare":
            data = metadata.without_parameters(data)
        content_type = "image/webp" if is_converted else image.content_type
        if is_converted or label:
            with decoder_threads.limited():
                data = image_copies.as_format(
                    data,
                    format=content_type.removeprefix("image/"),
                    keeps_parameters=True,
                    text=label,
                    wait_seconds=settings.UPLOAD_WAIT_SECONDS,
                )
        stem = "artgen" if kind == "bare" else ""
        name = filename(image, extension="webp" if is_converted else "", stem=stem)
        response = HttpResponse(data, content_type=content_type)
        disposition = content_disposition_header(as_attachment=is_saved, filename=name)
        response["Content-Disposition"] = disposition or "inline"
        response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _read(image: Image) -> bytes:
    try:
        with bucket_threads.reading_or_writing():
            return storage.read(image.key)
    except FileNotFoundError as error:
        raise Http404 from error
