"""Source pictures that a user brings along."""

from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from artgen.api.problems import FieldProblem, Problem, invalid, too_large
from artgen.api.views import Endpoint
from generation.api import docs, rate_limits
from generation.files import storage, uploads
from generation.runpod.image import InvalidImage

FIELD = "file"
FORM_BYTES = 64 * 1024
"""What the multipart form around the file may take."""


class Uploads(Endpoint):
    """`/api/v1/uploads/`."""

    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large by its own account before anything of it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.UPLOAD_MAX_BYTES + FORM_BYTES:
            raise too_large(settings.UPLOAD_MAX_BYTES, field=FIELD)
        super().initial(request, *args, **kwargs)

    @extend_schema(**docs.UPLOAD)
    def post(self, request: Request) -> Response:
        """Store one picture."""
        rate_limits.spend(request, group="upload", rate=settings.UPLOADING_RATE)
        data = _read_file(request)
        try:
            upload = uploads.keep(user=cast(User, request.user), data=data)
        except InvalidImage as error:
            raise invalid(FIELD, "invalid", _("This is no PNG, JPEG or WebP picture.")) from error
        answer = {
            "id": str(upload.id),
            "url": storage.absolute_url(upload.key),
            "width": upload.width,
            "height": upload.height,
        }
        return Response(answer, status=201)


def _read_file(request: Request) -> bytes:
    beside = [
        FieldProblem(name[:100], "unknown_field", _("There is no such field."))
        for name in (*request.data, *request.FILES)
        if name != FIELD
    ]
    if beside:
        raise Problem("invalid", errors=beside)
    files = request.FILES.getlist(FIELD)
    if len(files) != 1:
        code, detail = (
            ("duplicate", _("One picture at a time."))
            if files
            else ("required", _("Choose a picture."))
        )
        raise invalid(FIELD, code, detail)
    if files[0].size > settings.UPLOAD_MAX_BYTES:
        raise too_large(settings.UPLOAD_MAX_BYTES, field=FIELD)
    return cast(bytes, files[0].read())
