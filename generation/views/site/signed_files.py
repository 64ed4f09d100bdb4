"""Files on disk, where no bucket is configured: for signed, unexpired URLs only."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from artgen.web.response_headers import allow_other_sites
from generation.files import disk, storage


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """Send the file; 404 for an invalid or expired signature."""
    signature, expires = request.GET.get("signature", ""), request.GET.get("expires", "")
    if not disk.is_signed(name, expires=expires, signature=signature) or not default_storage.exists(
        name
    ):
        raise Http404
    download = request.GET.get("download", "")
    response = FileResponse(
        default_storage.open(name),
        as_attachment=bool(download),
        filename=download or name.rsplit("/", 1)[-1],
        content_type=storage.content_type_of(name),
    )
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    allow_other_sites(response)
    return response
