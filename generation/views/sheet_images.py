"""The image of a comparison for a download: ask for it, follow it, download it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import rate_limits
from accounts.requests import user_of
from generation.models import Sheet, SheetImage, SheetImageKind
from generation.sheets import cells, sheet_images
from generation.sheets.cells import FilledSheet
from generation.views.partials import part, wants_part


@dataclass(frozen=True)
class Download:
    """A format of the image, and what there is of it: None if nobody has asked for it."""

    kind: SheetImageKind
    found: SheetImage | None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet_image(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Show the state of the image (a part of the page); POST asks for it, with `as=png` as PNG.

    Without script, a POST leads to the file if it is ready, else back to the comparison.
    """
    own = get_object_or_404(Sheet.objects.of(request.user).present(), id=sheet_id)
    found = cells.filled(own)
    if request.method == "POST":
        rate_limits.spend("sheet_image", user_of(request).pk)
        kind = kind_of(request.POST.get("as", ""))
        asked = sheet_images.ask(found, kind=kind)
        if not wants_part(request):
            if asked.is_ready:
                return redirect(f"{reverse('download_sheet', args=[own.id])}?as={kind}")
            messages.info(
                request, _("The sheet is being prepared. Reload the page in a few seconds.")
            )
            return redirect("sheet", sheet_id=own.id)
    if not wants_part(request):
        return redirect("sheet", sheet_id=own.id)
    return part(request, "generation/_sheet_image.html", context_of(found))


@never_cache
@login_required
@require_safe
def download(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Redirect to the image of the sheet (`as=png`: as PNG); back to the page if it has none."""
    own = get_object_or_404(Sheet.objects.of(request.user).present(), id=sheet_id)
    kind = kind_of(request.GET.get("as", ""))
    try:
        return redirect(sheet_images.address_of(cells.filled(own), kind=kind))
    except sheet_images.NoSheetImage:
        messages.info(request, _("The images have changed. Prepare the sheet again."))
        return redirect("sheet", sheet_id=own.id)


def kind_of(given: str) -> SheetImageKind:
    """Return the format with this name, JPEG for any other."""
    return SheetImageKind.PNG if given == SheetImageKind.PNG else SheetImageKind.JPEG


def context_of(found: FilledSheet) -> dict[str, Any]:
    """Return the context of `_sheet_image.html`."""
    rows = sheet_images.of_sheet(found)
    downloads = [Download(kind, rows.get(kind)) for kind in SheetImageKind]
    return {
        "sheet": found.sheet,
        "found": found,
        "downloads": downloads,
        "preparing": next((row for row in rows.values() if row.due_at), None),
        "not_drawn": next((row for row in rows.values() if row.failed), None),
    }
