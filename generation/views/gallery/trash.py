"""The trash: the user's trashed images; restore all of them, or delete them permanently."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.request_user import user_of
from artgen.web import formatting
from artgen.web.revalidation import revalidated
from generation.gallery import trash as own_trash
from generation.models import Image
from generation.views.gallery import grid, image_counts, sidebar, view_options
from generation.views.partials import part, wants_part


@login_required
@require_safe
@revalidated
def trash(request: HttpRequest) -> HttpResponse:
    """Show the trash, latest first, with the days until deletion."""
    page = grid.last_trashed(
        Image.objects.of(request.user).in_trash(), before=request.GET.get("before", "")
    )
    next_address = f"{reverse('trash')}?{urlencode({'before': page.next})}" if page.next else ""
    context: dict[str, Any] = {
        "page": page,
        "next_address": next_address,
        "view": view_options.of_request(request),
    }
    if wants_part(request):
        return part(request, "generation/_trashed.html", context)
    context |= sidebar.beside(user_of(request), section="trash") | {
        "trash_days": settings.TRASH_DAYS
    }
    return render(request, "generation/trash.html", context)


@login_required
@require_POST
def restore_all(request: HttpRequest) -> HttpResponse:
    count = own_trash.restore_all(user_of(request))
    text = ngettext("%(count)s image restored.", "%(count)s images restored.", count)
    messages.success(request, text % {"count": formatting.number(count)})
    return redirect("gallery")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def empty_trash(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation (GET), then delete the trash permanently (POST)."""
    if request.method == "POST":
        count = own_trash.empty(user_of(request))
        text = ngettext(
            "%(count)s image permanently deleted.", "%(count)s images permanently deleted.", count
        )
        messages.success(request, text % {"count": formatting.number(count)})
        return redirect("trash")
    counts = image_counts.of_sections(user_of(request))
    if not counts.trashed:
        return redirect("trash")
    return render(
        request,
        "generation/empty_trash.html",
        sidebar.beside(user_of(request), section="trash", counts=counts),
    )
