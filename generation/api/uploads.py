"""Uploads of source images."""

from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, User
from artgen.api.problems import Problem, invalid, too_large
from artgen.api.views import Endpoint
from artgen.refusals import FieldError
from generation.api import docs_images, rate_limits
from generation.api.shapes_images import UploadShape
from generation.files import uploads

FIELD = "file"
FORM_BYTES = 64 * 1024
"""Allowance for the multipart form around the file."""


class Uploads(Endpoint):
    """`/api/v1/uploads/`."""

    parser_classes = [MultiPartParser]
    write_scope = Scope.CREATE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body whose Content-Length is too large before reading it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.UPLOAD_MAX_BYTES + FORM_BYTES:
            raise too_large(settings.UPLOAD_MAX_BYTES, field=FIELD)
        super().initial(request, *args, **kwargs)

    @extend_schema(**docs_images.UPLOAD)
    def post(self, request: Request) -> Response:
        """Store one image."""
        rate_limits.spend(request, group="upload", rate=settings.UPLOADING_RATE)
        data = _read_file(request)
        upload = uploads.keep(user=cast(User, request.user), data=data)
        return Response(UploadShape(upload).data, status=201)


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
