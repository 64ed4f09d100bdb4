"""Placing the composer's form with files, which browsers send with it only without script."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import User
from artgen import formatting
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.files import storage, uploads
from generation.forms.composer import Composer
from generation.jobs import drafts, orders
from generation.jobs.sources import OwnImage
from generation.moderation.refusals import Moderated


def place(
    user: User, form: Composer, files: "Sequence[UploadedFile[Any]]", *, key: str
) -> orders.Placed:
    """Place the jobs; store the files of browsers without script only if nothing is refused."""
    if not files:
        requests = drafts.repeated(form.request(), count=form.count)
        return orders.place_batch(user=user, requests=requests, key=key)
    _check_files(user, form, files)
    chosen, kept = list(form.sources), []
    try:
        for file in files:
            file.seek(0)
            with _naming(file):
                kept.append(uploads.keep(user=user, data=file.read()))
        form.sources = [*chosen, *(str(upload.id) for upload in kept)]
        requests = drafts.repeated(form.request(), count=form.count)
        return orders.place_batch(user=user, requests=requests, key=key)
    except Moderated:
        raise  # the stored request has these sources
    except Exception:
        form.sources = chosen
        uploads.discard(kept)
        raise


def _check_files(user: User, form: Composer, files: "Sequence[UploadedFile[Any]]") -> None:
    """Raise the refusal of the files, or of jobs with them, before any file is decoded."""
    for file in files:
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            detail = too_large() % {
                "name": file.name,
                "size": formatting.number(math.ceil((file.size or 0) / 1e6)),
            }
            raise InvalidParameters([FieldError("source_images", "too_large", detail)])
    ids = [uuid7() for _file in files]
    request = form.request()
    request["source_images"] = [*form.sources, *map(str, ids)]
    form.offer.clean({name: value for name, value in request.items() if name != "model"})
    uploads.check_room(user)
    pending = {}
    for upload_id, file in zip(ids, files, strict=True):
        with _naming(file):
            info = uploads.check(file.read())
        key = storage.upload_key(upload_id=upload_id, content_type=info.content_type)
        pending[upload_id] = OwnImage(
            upload_id, key, info.width, info.height, file.size or 0, is_upload=True
        )
    requests = drafts.repeated(request, count=form.count)
    orders.check(user=user, requests=requests, pending=pending)


@contextmanager
def _naming(file: "UploadedFile[Any]") -> Iterator[None]:
    try:
        yield
    except uploads.UnusableImage as refusal:
        detail = f"{file.name}: {refusal.message}"
        raise InvalidParameters([FieldError("source_images", refusal.reason, detail)]) from refusal


def too_large() -> str:
    """Return the text of a file that is too large, with `%(name)s` and `%(size)s` to fill in."""
    return _("%(name)s is %(size)s MB. A source image can be up to %(limit)s MB.") % {
        "name": "%(name)s",
        "size": "%(size)s",
        "limit": settings.UPLOAD_MAX_BYTES // 1_000_000,
    }
