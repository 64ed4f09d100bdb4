"""The owner's page that shares a collection by link."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limits import limited
from generation.gallery import collection_sharing
from generation.models import Collection
from generation.views.filters import address_of
from generation.views.sharing import periods, until_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("share")
def share(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Show how the collection is shared; POST creates or changes the link, or turns it off."""
    own = Collection.objects.of(request.user).present().select_related("user")
    collection = get_object_or_404(own, id=collection_id)
    if request.method == "POST":
        messages.success(request, _changed(collection, request.POST))
        return redirect("share_collection", collection_id=collection.id)
    slug = collection.link_slug
    context = {
        "collection": collection,
        "collection_address": address_of({"collection": str(collection.id)}),
        "link": absolute(slug) if slug else "",
        "link_works": collection.has_link,
        "periods": periods(),
    }
    return render(request, "generation/share_collection.html", context)


def absolute(slug: str) -> str:
    """Return the public URL of a collection's link."""
    return f"{settings.PUBLIC_URL}{reverse('shared_collection', args=[slug])}"


def _changed(collection: Collection, data: QueryDict) -> str:
    if "stop" in data:
        collection_sharing.stop(collection)
        return _("Link turned off.")
    collection_sharing.share(
        collection,
        until=until_of(collection, data),
        with_parameters="parameters" in data,
        with_name="name" in data,
        renew="new" in data,
    )
    if "new" in data:
        return _("New link created. The old one no longer works.")
    return _("Saved.") if collection.has_link else _("Link created.")
