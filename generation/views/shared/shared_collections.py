"""Public pages of a shared collection: its images, one of them, its file."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.limits.rate_limits import limited
from generation.gallery.sharing import collection_share_links
from generation.gallery.sharing.collection_share_links import SharedCollection
from generation.gallery.sharing.share_links import Shared
from generation.gallery.sharing.visibility import address_of
from generation.models import CollectionImage
from generation.views.gallery.grid import PAGE
from generation.views.partials import part, wants_part
from generation.views.shared.explore import PublicTile
from generation.views.shared.shared_image import context_of, file_of, guarded
from generation.views.tiles import Tile

MAX_DIGITS = 18  # of the id of a member


@dataclass(frozen=True)
class ItemTile(PublicTile):
    """An image of a shared collection in the grid."""

    member: CollectionImage

    @property
    def address(self) -> str:
        return reverse("shared_item", args=[self.shared.slug, self.member.pk])


@require_safe
@limited("shared_page")
def shared_collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a collection shared by link, 404 for all others alike; `before` is a cursor."""
    shared = _shared_or_404(slug)
    rows = collection_share_links.members(shared)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS:
        rows = rows.filter(id__lt=int(before))
    members = list(rows[: PAGE + 1])
    shown = members[:PAGE]
    path = reverse("shared_collection", args=[slug])
    next_query = urlencode({"before": shown[-1].pk}) if len(members) > PAGE else ""
    context = {
        "shared": shared,
        "tiles": [
            ItemTile(collection_share_links.as_shared(shared, member), Tile(member.image), member)
            for member in shown
        ],
        "next_address": f"{path}?{next_query}" if next_query else "",
        "is_later_page": "before" in request.GET,
        "path": path,
        "address": address_of(slug, route="shared_collection"),
        "is_own": shared.collection.user_id == request.user.pk,
    }
    if wants_part(request):
        response = part(request, "generation/_public.html", context)
    else:
        response = render(request, "generation/shared_collection.html", context)
    return guarded(response)


@require_safe
@limited("shared_page")
def shared_item(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    shared = _shared_or_404(slug)
    item = item_of(shared, member_id)
    path = reverse("shared_item", args=[slug, member_id])
    context = context_of(
        request,
        item,
        address=f"{settings.PUBLIC_URL}{path}",
        image_path=reverse("shared_item_image", args=[slug, member_id]),
    )
    previous, following = collection_share_links.beside(shared, member_id)
    context |= {
        "collection": shared.collection,
        "collection_path": reverse("shared_collection", args=[slug]),
        "remix": f"{reverse('create')}?{urlencode({'share': slug, 'item': member_id})}",
        "save_path": reverse("save_shared_item", args=[slug, member_id]),
        "previous": _item_path(slug, previous),
        "next": _item_path(slug, following),
    }
    return guarded(render(request, "generation/shared.html", context), item)


@require_safe
@limited("shared_page")
def item_file(request: HttpRequest, slug: str, member_id: int) -> HttpResponseBase:
    """Send the file, as `shared.image_file` does."""
    return file_of(request, item_of(_shared_or_404(slug), member_id))


def _item_path(slug: str, member_id: int | None) -> str:
    return reverse("shared_item", args=[slug, member_id]) if member_id else ""


def item_of(shared: SharedCollection, member_id: int) -> Shared:
    """Return one image of the collection; 404 if others do not see it."""
    item = collection_share_links.item(shared, member_id)
    if item is None:
        raise Http404
    return item


def _shared_or_404(slug: str) -> SharedCollection:
    shared = collection_share_links.find(slug)
    if shared is None:
        raise Http404
    return shared
