"""Pages of collections: list, create, rename, delete, restore, add and remove images."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, Expression, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import user_of
from artgen.database.compiled_queries import CompiledQuery
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from generation.gallery import collections
from generation.models import Collection, CollectionImage, CollectionQuerySet, Image
from generation.models.collections import NAME_MAX
from generation.owned_rows import named_rows
from generation.views.gallery import sidebar
from generation.views.gallery.url_filters import address_of
from generation.views.partials import part, wants_part
from generation.views.undo import with_undo

COVERS = 4


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def collections_page(request: HttpRequest) -> HttpResponse:
    """Show the user's collections, as a part the links of the sidebar; POST creates one named
    `name` and opens it."""
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            collection = collections.create(user=user_of(request), name=name)
        except Refusal as refused:
            return _overview(request, name=name, refused=refused)
        return redirect(_address(collection))
    if wants_part(request):
        context = {"collection_cards": collections.summaries(user_of(request))}
        return part(request, "generation/_collection_links.html", context)
    return _overview(request)


@login_required
@require_POST
def rename(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    collection = _own(request, collection_id)
    collections.rename(collection, name=request.POST.get("name", ""))
    return redirect(_address(collection))


@login_required
@require_POST
def delete(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Delete the collection, with an undo; its images are kept."""
    collection = named_rows.delete(_own(request, collection_id))
    text = _("“%(name)s” deleted. Its images are kept.") % {"name": collection.name}
    undo = reverse("restore_collection", args=[collection.id])
    messages.success(request, with_undo(text, action=undo))
    return redirect("collections")


@login_required
@require_POST
def restore(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    collection = get_object_or_404(_collections(request), id=collection_id)
    named_rows.restore(collection)
    return redirect(_address(collection))


@login_required
@require_POST
def put(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Add the image to collection `add` or a new one named `name`, or remove it from `remove`."""
    image = get_object_or_404(Image.objects.of(user_of(request)).present(), id=image_id)
    try:
        if "add" in request.POST:
            collections.add(_own(request, request.POST["add"]), image_ids=[image.id])
        elif "remove" in request.POST:
            collections.remove(_own(request, request.POST["remove"]), image_ids=[image.id])
        else:
            name = request.POST.get("name", "")
            collection = collections.create(user=user_of(request), name=name)
            collections.add(collection, image_ids=[image.id])
    except Refusal as refusal:
        if not wants_part(request):
            raise
        return _menu(request, image, refused=refusal)
    if wants_part(request):
        return _menu(request, image)
    return redirect("image", image_id=image.id)


def menu_of(image: Image) -> dict[str, Any]:
    """Return the context of `_collections_menu.html`: collections, and which contain the image."""
    return {"image": image, "choices": CHOICES.rows(user=image.user_id, image=image.id)}


def _choices(user: Expression, image: Expression) -> QuerySet[Collection, Any]:
    in_it = CollectionImage.objects.filter(collection=OuterRef("pk"), image=image)
    own = Collection.objects.of(user).present().by_name()
    return own.values_list("id", "name", Exists(in_it))


CHOICES = CompiledQuery(_choices)


def _overview(
    request: HttpRequest, *, name: str = "", refused: Refusal | None = None
) -> HttpResponse:
    user = user_of(request)
    cards = collections.summaries(user, covers=COVERS)
    context = sidebar.beside(user, section="collections", cards=cards) | {
        "name": name[:NAME_MAX],
        "name_error": refused.message if refused else "",
        "taken": getattr(refused, "row", None),
    }
    return render(request, "generation/collections.html", context, status=400 if refused else 200)


def _menu(request: HttpRequest, image: Image, *, refused: Refusal | None = None) -> HttpResponse:
    context = {"menu": menu_of(image), "name_error": refused.message if refused else ""}
    return part(
        request, "generation/_collections_menu.html", context, status=400 if refused else 200
    )


def _own(request: HttpRequest, collection_id: UUID | str) -> Collection:
    known = parse_uuid(str(collection_id))
    return get_object_or_404(_collections(request).present(), id=known)


def _collections(request: HttpRequest) -> CollectionQuerySet:
    return Collection.objects.of(request.user)


def _address(collection: Collection) -> str:
    return address_of({"collection": str(collection.id)})
