"""The gallery: the user's images by month, with search and filters; the trash."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.request_user import user_of
from artgen.web import formatting
from artgen.web.revalidation import revalidated
from generation.gallery import collections as own_collections
from generation.gallery import images
from generation.gallery.filters import Orientation, find
from generation.gallery.search import COMMON_THRESHOLD
from generation.models import Image, ImageModel, ImageQuerySet
from generation.studio.presets import choices
from generation.views.gallery import days, filters, grid, image_counts, sidebar, view_options
from generation.views.gallery.filters import Filters, Sort
from generation.views.partials import part, wants_part
from generation.views.site.start import SAMPLES


@login_required
@require_safe
@revalidated
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the user's images by month; GET has filters, the order, and the cursor `before`.

    See `filters`. Cookies choose the size of tiles and whether batches are stacks: see
    `view_options`.
    """
    user, before = user_of(request), request.GET.get("before", "")
    own = Image.objects.of(user).kept()
    models = list(ImageModel.objects.filter(Exists(own.filter(model=OuterRef("pk")))))
    styles = choices.styles_of_images(user)
    cards = own_collections.summaries(user)
    collections = [card.collection for card in cards]
    asked = filters.read(request.GET, models=models, styles=styles, collections=collections)
    found = find(own, asked.wanted, user=user)
    options = view_options.of_request(request)
    stacked = options.has_stacks and asked.has_whole_runs
    page = _sorted_page(found.images, sort=asked.sort, before=before, stacked=stacked)

    def months(counts: Mapping[date, int]) -> grid.Grid:
        return grid.by_month(
            page,
            counts=counts,
            address=asked.of_month,
            favorites_address=asked.favorites_address,
            stacked=stacked,
        )

    context: dict[str, Any] = {
        "filters": asked,
        "next_address": asked.next_page(page.next),
        "view": options,
    }
    if wants_part(request):
        context["grid"] = months(image_counts.of_months(user, found, page=page))
        return part(request, "generation/_months.html", context)
    counts = image_counts.of_page(user, asked.wanted, found, page=page)
    context |= sidebar.beside(user, place=_place(asked), counts=counts, cards=cards)
    context |= {
        "grid": months(counts.months),
        "sorts": filters.Sort.choices,
        "choices": {
            "models": models,
            "styles": styles,
            "when": days.When.choices,
            "shapes": [(shape, filters.shape_label(shape)) for shape in Orientation],
            "longest": [(pixels, filters.longest_label(pixels)) for pixels in filters.LONGEST],
        },
        "common_threshold": COMMON_THRESHOLD,
        "is_later_page": bool(before),
        "examples": SAMPLES[:3] if not counts.kept else (),
    }
    return render(request, "generation/gallery.html", context)


@login_required
@require_safe
@revalidated
def trash(request: HttpRequest) -> HttpResponse:
    """Show the trash, latest first, with the days until deletion."""
    page = grid.last_trashed(
        Image.objects.of(request.user).in_trash(), before=request.GET.get("before", "")
    )
    context: dict[str, Any] = {
        "page": page,
        "next_address": f"{reverse('trash')}?{urlencode({'before': page.next})}"
        if page.next
        else "",
        "view": view_options.of_request(request),
    }
    if wants_part(request):
        return part(request, "generation/_trashed.html", context)
    context |= sidebar.beside(request.user, place="trash") | {"trash_days": settings.TRASH_DAYS}
    return render(request, "generation/trash.html", context)


@login_required
@require_POST
def restore_all(request: HttpRequest) -> HttpResponse:
    count = images.restore_all(user_of(request))
    text = ngettext("%(count)s image restored.", "%(count)s images restored.", count)
    messages.success(request, text % {"count": formatting.number(count)})
    return redirect("gallery")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def empty_trash(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation (GET), then delete the trash permanently (POST)."""
    if request.method == "POST":
        count = images.empty_trash(user_of(request))
        text = ngettext(
            "%(count)s image permanently deleted.", "%(count)s images permanently deleted.", count
        )
        messages.success(request, text % {"count": formatting.number(count)})
        return redirect("trash")
    counts = image_counts.of_places(request.user)
    if not counts.trashed:
        return redirect("trash")
    return render(
        request,
        "generation/empty_trash.html",
        sidebar.beside(request.user, place="trash", counts=counts),
    )


def _sorted_page(images: ImageQuerySet, *, sort: Sort, before: str, stacked: bool) -> grid.Page:
    if sort == Sort.FAVORITES:
        return grid.favorites_first(images, before=before)
    in_order = grid.oldest if sort == Sort.OLDEST else grid.newest
    return in_order(images, before=before, stacked=stacked)


def _place(asked: Filters) -> str:
    if asked.collection:
        return str(asked.collection.id)
    return "favorites" if asked.is_only_favorite else "all"
