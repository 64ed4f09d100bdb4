"""Collections: the overview, and what their owner does: make, rename, delete, take back, put a picture in or out."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from artgen import refusal_pages
from artgen.refusals import Refusal
from generation.gallery import collections
from generation.models import Collection, CollectionQuerySet, Image
from generation.models.collections import NAME_MAX
from generation.views import sidebar
from generation.views.filters import address_of
from generation.views.partials import part, wants_part

COVERS = 4


@login_required
@require_http_methods(["GET", "POST"])
def collections_page(request: HttpRequest) -> HttpResponse:
    """Show the user's collections; POST makes one with this `name` and opens it."""
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            made = collections.create(user=_user(request), name=name)
        except Refusal as refused:
            return _overview(request, name=name, refused=refused)
        return redirect(_address(made))
    return _overview(request)


@login_required
@require_POST
def rename(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Give the collection the `name`."""
    collection = _own(request, collection_id)
    try:
        collections.rename(collection, name=request.POST.get("name", ""))
    except Refusal as refusal:
        return refusal_pages.back(request, refusal, to=_address(collection))
    return redirect(_address(collection))


@login_required
@require_POST
def delete(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Delete the collection, with an undo; its pictures stay."""
    collection = collections.delete(_own(request, collection_id))
    messages.success(request, _with_undo(collection))
    return redirect("collections")


@login_required
@require_POST
def restore(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Take the deleted collection back."""
    collection = get_object_or_404(_collections(request), id=collection_id)
    try:
        collections.restore(collection)
    except Refusal as refusal:
        return refusal_pages.back(request, refusal, to=reverse("collections"))
    return redirect(_address(collection))


@login_required
@require_POST
def put(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Put the picture into the collection `add`, take it out of `remove`, or put it into a new one called `name`."""
    image = get_object_or_404(Image.objects.of(_user(request)).present(), id=image_id)
    try:
        if "add" in request.POST:
            collections.add(_own(request, request.POST["add"]), image_ids=[image.id])
        elif "remove" in request.POST:
            collections.remove(_own(request, request.POST["remove"]), image_ids=[image.id])
        else:
            made = collections.create(user=_user(request), name=request.POST.get("name", ""))
            collections.add(made, image_ids=[image.id])
    except Refusal as refusal:
        if wants_part(request):
            return _menu(request, image, refused=refusal)
        return refusal_pages.back(request, refusal, to=reverse("image", args=[image.id]))
    if wants_part(request):
        return _menu(request, image)
    return redirect("image", image_id=image.id)


def menu_of(image: Image) -> dict[str, Any]:
    """Return what `_collections_menu.html` shows: the owner's collections, and whether the picture lies in each."""
    own = Collection.objects.of(image.user_id).present().by_name()
    in_it = set(image.memberships.values_list("collection_id", flat=True))
    return {"image": image, "choices": [(collection, collection.id in in_it) for collection in own]}


def _overview(
    request: HttpRequest, *, name: str = "", refused: Refusal | None = None
) -> HttpResponse:
    piles = sidebar.piles_of(request.user, covers=COVERS)
    context = sidebar.beside(request.user, place="collections", piles=piles) | {
        "name": name[:NAME_MAX],
        "name_error": refused.message if refused else "",
        "taken": getattr(refused, "collection", None),
    }
    return render(request, "generation/collections.html", context, status=400 if refused else 200)


def _menu(request: HttpRequest, image: Image, *, refused: Refusal | None = None) -> HttpResponse:
    context = {"menu": menu_of(image), "name_error": refused.message if refused else ""}
    return part(
        request, "generation/_collections_menu.html", context, status=400 if refused else 200
    )


def _own(request: HttpRequest, collection_id: UUID | str) -> Collection:
    try:
        known = UUID(str(collection_id))
    except ValueError:
        known = None
    return get_object_or_404(_collections(request).present(), id=known)


def _collections(request: HttpRequest) -> CollectionQuerySet:
    return Collection.objects.of(request.user)


def _address(collection: Collection) -> str:
    return address_of({"collection": str(collection.id)})


def _with_undo(collection: Collection) -> SafeString:
    # The button belongs to the form that every page with pictures has for those without script.
    return format_html(
        '{} <button class="text-link" form="picture-form" formaction="{}" type="submit">{}</button>',
        _("“%(name)s” is deleted, its pictures stay.") % {"name": collection.name},
        reverse("restore_collection", args=[collection.id]),
        _("Undo"),
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
