"""The page of the user's data: export and account deletion."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import SignedInRequest
from accounts.limits.rate_limits import limited
from accounts.models import User
from generation.models import Export
from generation.user_data import exports
from generation.views.partials import part, wants_part


@never_cache
@login_required
@require_safe
def account_data(request: SignedInRequest) -> HttpResponse:
    """Show the export's progress and files; scripts get the first part of the page."""
    if wants_part(request):
        return part(request, "generation/_export.html", _context(request.user))
    return render(request, "generation/data.html", _context(request.user))


@login_required
@require_POST
@limited("export")
def ask_export(request: SignedInRequest) -> HttpResponse:
    exports.start(request.user)
    messages.success(
        request,
        _("The export is being prepared. You can close the page. We’ll email you when it’s ready."),
    )
    return redirect("account_data")


@never_cache
@login_required
@require_safe
def download_export(request: SignedInRequest, export_id: UUID, number: int) -> HttpResponse:
    """Redirect to one file of the user's export; 404 if it has expired."""
    export = get_object_or_404(Export.objects.of(request.user), id=export_id)
    return redirect(exports.address_of(export, number))


def _context(user: User) -> dict[str, Any]:
    export = exports.latest(user)
    return {
        "export": export,
        "parts": [
            {"number": number, "name": exports.filename(export, number), **export_part}
            for number, export_part in enumerate(export.parts, 1)
        ]
        if export and not export.due_at
        else [],
        "days": settings.EXPORT_DAYS,
        "erase_days": settings.ERASE_DAYS,
    }
