"""The owner's sharing pages of an image (a dialog with script) and of a collection."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits.rate_limits import limited
from artgen.refusals import Refusal
from generation.gallery.sharing import collection_share_links, publications, share_links
from generation.gallery.sharing.visibility import address_of
from generation.models import Collection, Image, PublicationState
from generation.views.gallery.url_filters import address_of as gallery_address
from generation.views.partials import part, wants_part
from generation.views.tiles import Tile

NEVER, KEEP = "never", "keep"
PERIODS = {
    NEVER: gettext_lazy("no expiration"),
    "1": gettext_lazy("1 day"),
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
}
"""How many days a link works."""


def share_context(image: Image) -> dict[str, Any]:
    """Return the context of `_share.html`: link, publication, choices."""
    publication = publications.last(image)
    if publication and publication.state == PublicationState.WITHDRAWN:
        publication = None
    state = publication.state if publication else ""
    return {
        "image": image,
        "link": address_of(image.link_slug) if image.link_slug else "",
        "link_works": image.has_link,
        "periods": PERIODS,
        "publication": publication,
        "publication_is_open": bool(publication) and state not in ("", PublicationState.REFUSED),
        "public_address": address_of(publication.slug)
        if publication and state == PublicationState.PUBLISHED
        else "",
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("share")
def share(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show how the image is shared; POST creates or changes the link, with `once` only creates."""
    image = _own(request, image_id)
    if request.method in ("GET", "HEAD"):
        return _show(request, image)
    if "once" in request.POST and image.has_link:
        return _answer(request, image, "")
    try:
        had_link = image.has_link
        image = _with_related_of(
            image, share_links.share_by_link(image, **_read_link(request, image))
        )
    except Refusal as refusal:
        return _answer(request, image, refusal.message, failed=True)
    return _answer(request, image, _text(request, had_link=had_link))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("share")
def share_collection(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Show how the collection is shared; POST creates or changes the link, or turns it off."""
    own = Collection.objects.of(request.user).present().select_related("user")
    collection = get_object_or_404(own, id=collection_id)
    if request.method == "POST":
        had_link = collection.has_link
        if "stop" in request.POST:
            collection_share_links.stop(collection)
            text = _("Link turned off.")
        else:
            collection_share_links.share(collection, **_read_link(request, collection))
            text = _text(request, had_link=had_link)
        messages.success(request, text)
        return redirect("share_collection", collection_id=collection.id)
    slug = collection.link_slug
    context = {
        "collection": collection,
        "collection_address": gallery_address({"collection": str(collection.id)}),
        "link": address_of(slug, route="shared_collection") if slug else "",
        "link_works": collection.has_link,
        "periods": PERIODS,
    }
    return render(request, "generation/share_collection.html", context)


@login_required
@require_POST
def stop(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Turn off the link; a later one has another slug."""
    image = _own(request, image_id)
    return _answer(
        request, _with_related_of(image, share_links.stop_link(image)), _("Link turned off.")
    )


@login_required
@require_POST
@limited("publish")
def publish(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Submit the image to Explore (`parameters`, `name`) for review."""
    image = _own(request, image_id)
    try:
        publications.ask_to_publish(
            image, with_parameters="parameters" in request.POST, with_name="name" in request.POST
        )
    except Refusal as refusal:
        return _answer(request, image, refusal.message, failed=True)
    return _answer(request, image, _("Submitted for review. The decision will appear here."))


@login_required
@require_POST
@limited("appeal")
def appeal(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Submit the image for review although a rule has refused it."""
    image = _own(request, image_id)
    try:
        publications.appeal(image)
    except Refusal as refusal:
        return _answer(request, image, refusal.message, failed=True)
    return _answer(request, image, _("Submitted for review. The decision will appear here."))


@login_required
@require_POST
def withdraw(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Withdraw the submission, or remove the image from Explore."""
    image = _own(request, image_id)
    was_public = image.visibility == "public"
    image = _with_related_of(image, publications.withdraw(image))
    return _answer(
        request, image, _("Removed from Explore.") if was_public else _("Submission withdrawn.")
    )


def _own(request: HttpRequest, image_id: UUID) -> Image:
    images = Image.objects.of(request.user).present().with_origin().select_related("user")
    return get_object_or_404(images, id=image_id)


def _with_related_of(image: Image, changed: Image) -> Image:
    """Return the changed image with the related rows that were fetched before."""
    changed.job, changed.user = image.job, image.user
    return changed


def _read_link(request: HttpRequest, shared: Image | Collection) -> dict[str, Any]:
    period = request.POST.get("period", NEVER)
    days = int(period) if period in PERIODS and period != NEVER else None
    keeps = period == KEEP and shared.has_link
    return {
        "until": shared.link_until if keeps else share_links.until(days=days),
        "with_parameters": "parameters" in request.POST,
        "with_name": "name" in request.POST,
        "renew": "new" in request.POST,
    }


def _text(request: HttpRequest, *, had_link: bool) -> str:
    if "new" in request.POST:
        return _("New link created. The old one no longer works.")
    return _("Saved.") if had_link else _("Link created.")


def _answer(request: HttpRequest, image: Image, text: str, *, failed: bool = False) -> HttpResponse:
    if wants_part(request):
        return _show(request, image, text=text, failed=failed)
    (messages.error if failed else messages.success)(request, text)
    return redirect("share_image", image_id=image.id)


def _show(
    request: HttpRequest, image: Image, *, text: str = "", failed: bool = False
) -> HttpResponse:
    context = share_context(image) | {"message": text, "failed": failed}
    if wants_part(request):
        return part(request, "generation/_share.html", context, status=409 if failed else 200)
    return render(request, "generation/share.html", context | {"tile": Tile(image)})
