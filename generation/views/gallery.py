"""The gallery: all of one's pictures by month, with search and filters; the trash."""

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from artgen import words
from generation import gallery as pictures
from generation.models import Image, ImageModel, ImageQuerySet, Job
from generation.search import matching
from generation.views import grid
from generation.views.parts import part, wants_part
from generation.views.start import SAMPLES

QUERY_LENGTH = 200


@dataclass(frozen=True)
class Counts:
    """How many pictures the user has, for the list of places beside the grid."""

    kept: int
    favorites: int
    trashed: int


@dataclass(frozen=True)
class Filters:
    """What the address asks for; every combination has an address."""

    query: str = ""
    model: ImageModel | None = None
    favorite: bool = False

    @property
    def on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.query or self.model or self.favorite)

    @property
    def only_favorite(self) -> bool:
        """Whether favorites are asked for and nothing else."""
        return self.favorite and not self.query and not self.model

    @property
    def parameters(self) -> str:
        """The filters as an address has them, without "?"."""
        asked = {"q": self.query, "model": self.model and self.model.slug, "favorite": "1" if self.favorite else ""}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def without_query(self) -> str:
        """The address without the words searched for."""
        return _address(replace(self, query=""))

    @property
    def without_model(self) -> str:
        """The address with pictures of all models."""
        return _address(replace(self, model=None))

    @property
    def without_favorite(self) -> str:
        """The address with pictures that are no favorites, too."""
        return _address(replace(self, favorite=False))

    def apply(self, images: ImageQuerySet) -> ImageQuerySet:
        """Return the pictures that pass."""
        found = matching(images, self.query)
        if self.model:
            found = found.filter(job__model=self.model)
        return found.filter(favorite=True) if self.favorite else found


@login_required
@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the user's pictures by month; `q`, `model` and `favorite` filter them, `before` is a page's cursor."""
    user, before = _user(request), request.GET.get("before", "")
    models = list(ImageModel.objects.filter(id__in=Job.objects.of(user).order_by().values("model")))
    filters = Filters(
        query=" ".join(request.GET.get("q", "").replace("\0", "").split())[:QUERY_LENGTH],
        model=next((model for model in models if model.slug == request.GET.get("model")), None),
        favorite=request.GET.get("favorite") == "1",
    )
    images = filters.apply(Image.objects.of(user).kept())
    page = grid.by_month(images, before=before)
    context: dict[str, Any] = {"grid": page, "next_address": _next(filters, page.next)}
    if wants_part(request):
        return part(request, "generation/_months.html", context)
    counts = _counts(user)
    context |= {
        "place": "favorites" if filters.only_favorite else "all",
        "counts": counts,
        "filters": filters,
        "models": models,
        "found": images.count() if filters.on else counts.kept,
        "is_later_page": bool(before),
        "first_page": _address(filters),
        "examples": SAMPLES[:3] if not counts.kept else (),
    }
    return render(request, "generation/gallery.html", context)


@login_required
@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """Show what the user has moved to the trash, the last one first, with the days each is still kept."""
    heap = grid.last_trashed(Image.objects.of(request.user).trashed().present(), before=request.GET.get("before", ""))
    context: dict[str, Any] = {
        "heap": heap,
        "next_address": f"{reverse('trash')}?{urlencode({'before': heap.next})}" if heap.next else "",
    }
    if wants_part(request):
        return part(request, "generation/_trashed.html", context)
    context |= {"place": "trash", "counts": _counts(_user(request)), "trash_days": settings.TRASH_DAYS}
    return render(request, "generation/trash.html", context)


@login_required
@require_POST
def restore_all(request: HttpRequest) -> HttpResponse:
    """Take everything out of the trash."""
    count = pictures.restore_all(_user(request))
    told = ngettext("%(count)s picture is back.", "%(count)s pictures are back.", count)
    messages.success(request, told % {"count": words.number(count)})
    return redirect("gallery")


@login_required
@require_http_methods(["GET", "POST"])
def empty_trash(request: HttpRequest) -> HttpResponse:
    """Ask once more (GET: the page for browsers without script), then delete for good what is in the trash (POST)."""
    if request.method == "POST":
        count = pictures.empty_trash(_user(request))
        told = ngettext("%(count)s picture deleted for good.", "%(count)s pictures deleted for good.", count)
        messages.success(request, told % {"count": words.number(count)})
        return redirect("trash")
    counts = _counts(_user(request))
    if not counts.trashed:
        return redirect("trash")
    return render(request, "generation/empty_trash.html", {"place": "trash", "counts": counts})


def _counts(user: User) -> Counts:
    kept = Q(trashed_at__isnull=True)
    found = (
        Image.objects.of(user)
        .present()
        .aggregate(
            kept=Count("id", filter=kept),
            favorites=Count("id", filter=kept & Q(favorite=True)),
            trashed=Count("id", filter=~kept),
        )
    )
    return Counts(**found)


def _address(filters: Filters, **more: str) -> str:
    parameters = "&".join(one for one in (filters.parameters, urlencode(more)) if one)
    return f"{reverse('gallery')}?{parameters}" if parameters else reverse("gallery")


def _next(filters: Filters, cursor: str) -> str:
    return _address(filters, before=cursor) if cursor else ""


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
