"""A comparison for a download."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import user_of
from artgen import refusal_pages
from generation.gallery import archive_limits
from generation.models import Sheet
from generation.sheets import archive, cells
from generation.views.streaming import ArchiveResponse


@login_required
@require_safe
def download(request: HttpRequest, sheet_id: UUID) -> HttpResponseBase:
    """Send the images of the comparison as one ZIP, with a table of them."""
    own = get_object_or_404(Sheet.objects.of(request.user).present(), id=sheet_id)
    try:
        slot = archive_limits.take(user_of(request))
    except archive_limits.Busy as refusal:
        return refusal_pages.back(request, refusal, to=reverse("sheet", args=[own.id]))
    found = cells.filled(own)
    return ArchiveResponse(archive.pack(found), slot=slot, name=archive.filename(found))
