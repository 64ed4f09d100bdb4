"""The gallery: the user's images by month, with search and filters."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, Expression, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access.request_user import user_of
from artgen.database.compiled_queries import CompiledQuery
from artgen.web.revalidation import revalidated
from generation.gallery import collections as own_collections
from generation.gallery.image_filters import find
from generation.gallery.search import COMMON_THRESHOLD
from generation.models import Image, ImageModel, ImageQuerySet
from generation.studio.presets import composer_choices
from generation.views.gallery import (
    grid,
    image_counts,
    sidebar,
    url_filters,
    view_options,
)
from generation.views.gallery.grid import Grid, GridPage
from generation.views.gallery.url_filters import Filters, Sort
from generation.views.partials import part, wants_part
from generation.views.site.start_page import SAMPLES


@login_required
@require_safe
@revalidated
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the user's images by month; GET has filters, the order, and the cursor `before`.

    See `url_filters`. Cookies choose the size of tiles and whether batches are stacks: see
    `view_options`.
    """
    user, before = user_of(request), request.GET.get("before", "")
    own = Image.objects.of(user).kept()
    models = MODELS_OF_IMAGES.objects(user=user.pk)
    styles = composer_choices.styles_of_images(user)
    cards = own_collections.summaries(user)
    collections = [card.collection for card in cards]
    filters = url_filters.read(request.GET, models=models, styles=styles, collections=collections)
    result = find(own, filters.wanted, user=user)
    options = view_options.of_request(request)
    stacked = options.has_stacks and filters.has_whole_runs
    page = _sorted_page(result.images, sort=filters.sort, before=before, stacked=stacked)
    context: dict[str, Any] = {
        "filters": filters,
        "next_address": filters.next_page(page.next),
        "view": options,
    }
    if wants_part(request):
        months = image_counts.of_months(user, result, page=page)
        context["grid"] = _by_month(page, filters, months=months, stacked=stacked)
        return part(request, "generation/_months.html", context)
    counts = image_counts.of_page(user, filters.wanted, result, page=page)
    context |= sidebar.beside(user, section=_section(filters), counts=counts, cards=cards)
    context |= {
        "grid": _by_month(page, filters, months=counts.months, stacked=stacked),
        "sorts": Sort.choices,
        "choices": {"models": models, "styles": styles},
        "common_threshold": COMMON_THRESHOLD,
        "is_later_page": bool(before),
        "examples": SAMPLES[:3] if not counts.kept else (),
    }
    return render(request, "generation/gallery.html", context)


def _models_of_images(user: Expression) -> QuerySet[ImageModel]:
    own = Image.objects.of(user).kept()
    return ImageModel.objects.filter(Exists(own.filter(model=OuterRef("pk"))))


MODELS_OF_IMAGES = CompiledQuery(_models_of_images)


def _sorted_page(images: ImageQuerySet, *, sort: Sort, before: str, stacked: bool) -> GridPage:
    if sort == Sort.FAVORITES:
        return grid.favorites_first(images, before=before)
    in_order = grid.oldest if sort == Sort.OLDEST else grid.newest
    return in_order(images, before=before, stacked=stacked)


def _by_month(
    page: GridPage, filters: Filters, *, months: Mapping[date, int], stacked: bool
) -> Grid:
    return grid.by_month(
        page,
        counts=months,
        address=filters.of_month,
        favorites_address=filters.favorites_address,
        stacked=stacked,
    )


def _section(filters: Filters) -> str:
    if filters.collection:
        return str(filters.collection.id)
    return "favorites" if filters.wanted.favorite else "all"
