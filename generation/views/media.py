"""Pictures from the disk, where no bucket is set: only for signed addresses that have not expired."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from generation.files import storage


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """Send the file; 404 for a wrong or expired signature, as if it were not there."""
    signature, expires = request.GET.get("signature", ""), request.GET.get("expires", "")
    if not storage.is_signed(
        name, expires=expires, signature=signature
    ) or not default_storage.exists(name):
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
    return response
