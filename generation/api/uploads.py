"""Uploads of source images."""

from typing import Annotated, TypedDict, cast
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from artgen.api.inputs import Body
from artgen.api.operations import operation
from artgen.api.problems import Problem, invalid, too_large
from artgen.api.views import ApiView
from artgen.refusals import FieldError
from generation.files import storage, uploads

FIELD = "file"
FORM_BYTES = 64 * 1024
"""Allowance for the multipart form around the file."""


class UploadFileBody(Body):
    """A source image."""

    file = serializers.FileField(
        help_text="PNG, JPEG or WebP, at most 20 MiB. Stored upright, without its metadata."
    )


class UploadJson(TypedDict):
    """A stored upload; its ID goes into `source_images` or `mask`."""

    id: UUID
    url: Annotated[str, "Expires."]
    width: int
    height: int


class Uploads(ApiView):
    """`/api/v1/uploads/`."""

    parser_classes = [MultiPartParser]
    tag = "images"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse a body whose Content-Length is too large before reading it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.UPLOAD_MAX_BYTES + FORM_BYTES:
            raise too_large(settings.UPLOAD_MAX_BYTES, field=FIELD)
        super().initial(request, *args, **kwargs)

    @operation(
        "POST uploads/",
        body=UploadFileBody,
        status=201,
        problems=["storage_full", "too_many_requests", "unavailable"],
        scope=Scope.CREATE,
    )
    def upload(self, request: Request) -> UploadJson:
        """Upload a source image.

        PNG, JPEG or WebP of up to 20 MB and 24 megapixels, not animated. It is stored upright,
        without metadata and with at most 4096 px per side. A mask is a PNG as large as its source
        image. An upload that no job uses is deleted after a day.
        """
        rate_limits.spend("upload", user_of(request).pk)
        upload = uploads.keep(user=user_of(request), data=_read_file(request))
        return {
            "id": upload.id,
            "url": storage.absolute_url(upload.key),
            "width": upload.width,
            "height": upload.height,
        }


def _read_file(request: Request) -> bytes:
    beside = [
        FieldError(name[:100], "unknown_field", _("Unknown field."))
        for name in (*request.data, *request.FILES)
        if name != FIELD
    ]
    if beside:
        raise Problem("invalid", errors=beside)
    files = request.FILES.getlist(FIELD)
    if len(files) != 1:
        code, detail = (
            ("duplicate", _("One image per request."))
            if files
            else ("required", _("Choose an image."))
        )
        raise invalid(FIELD, code, detail)
    if files[0].size > settings.UPLOAD_MAX_BYTES:
        raise too_large(settings.UPLOAD_MAX_BYTES, field=FIELD)
    return cast(bytes, files[0].read())
